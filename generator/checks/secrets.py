"""Rules on what must not be in a file: secrets, and data of persons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from generator.checks.model import Fault, File, Project, Rule

SECRETS: Final = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
    "a key of AWS": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,100})\b"),
    "a token of Grafana": re.compile(r"\bgl(?:sa|c)_[A-Za-z0-9+/=_]{20,200}"),
    "a token of Slack": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,100}"),
    "a webhook of Slack": re.compile(r"hooks\.slack\.com/services/T[A-Z0-9]{5,20}/B[A-Z0-9]{5,20}/[A-Za-z0-9]{16,40}"),
    "a webhook of Discord": re.compile(r"discord(?:app)?\.com/api/webhooks/\d{15,22}/[\w-]{50,100}"),
    "a token of a Telegram bot": re.compile(r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    "a key of Google": re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"),
    "a key of Stripe": re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,100}\b"),
    "a key of OpenAI or Anthropic": re.compile(r"\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,200}"),
    "a JSON Web Token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,2000}"),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>{}$]{1,100}:(?P<word>[^\s/@\"'<>{}]{1,100})@"),
    "a password": re.compile(
        r"(?im)^\s{0,60}-?\s{0,5}[\"']?(?:\w{1,30}[_-])?(?:password|passwd|secret|secret_key|api_?key|token|credentials|service_key|auth_password)"
        r"[\"']?\s{0,5}[:=]\s{0,5}[\"']?(?P<word>[^\s\"'#,\[\]{}]{6,200})"
    ),
}  # fmt: skip
PLACEHOLDER: Final = re.compile(
    r"\$|<|\{\{|\*\*\*|xxx|change.?me|example|placeholder|redacted|your[_-]|(?:true|false|null|none)\Z|/|.*_file\Z",
    re.IGNORECASE,
)
"""What stands for a secret that is elsewhere: a variable, a file, a word that says so."""

MAIL: Final = re.compile(
    r"\b[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?P<host>[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})\b"
)
NOBODY: Final = re.compile(
    r"(?:.*\.)?(?:example|test|invalid|localhost|local|example\.(?:com|org|net))\Z", re.IGNORECASE
)
PHONE: Final = re.compile(r"(?<![\w+.])\+[1-9]\d{0,2}[ ()/-]{0,2}\d(?:[ ()/-]{0,2}\d){7,12}(?![\w.])")
CARD: Final = re.compile(r"(?<![\w.-])(?:\d{4}[ -]?){3}\d{4}(?![\w.-])")
IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
PEOPLE: Final = {"an e-mail address": MAIL, "a telephone number": PHONE, "the number of a card": CARD, "an IBAN": IBAN}
ADDRESSED: Final = re.compile(
    r"\b(?:to|from|smtp_from|addresses|auth_username|smtp_auth_username|email|user)[\"']?\s{0,3}[:=]"
)
"""Keys that hold an address to send to, which a configuration must have."""
LINE: Final = 20_000


def secrets(file: File, _: Project) -> Iterator[Fault]:
    """Secrets as they are."""
    patterns = _present(SECRETS, file.text)
    for index, line in enumerate((file.text.splitlines() if patterns else ()), 1):
        for what, pattern in patterns.items():
            found = next((one for part in _parts(line) for one in pattern.finditer(part) if not _stands_in(one)), None)
            if found is not None:
                yield Fault(f"line {index}", f"it holds {what}: {_hidden(found)}", (what, ""), line=index)
                break


def _present(patterns: Mapping[str, re.Pattern[str]], said: str) -> dict[str, re.Pattern[str]]:
    """The patterns that the text has at all; most files have none, and are not read line by line."""
    return {what: pattern for what, pattern in patterns.items() if pattern.search(said)}


def _parts(line: str) -> Iterator[str]:
    """A long line in pieces, which overlap as far as a secret is long."""
    yield from (line[start : start + LINE + 500] for start in range(0, max(len(line), 1), LINE))


def _stands_in(found: re.Match[str]) -> bool:
    word = found.groupdict().get("word")
    return word is not None and bool(PLACEHOLDER.match(word))


def _hidden(found: re.Match[str]) -> str:
    """Enough of it to find it, and no more."""
    word = found.groupdict().get("word")
    return f"{found.group()[:4].strip()}..." if word is None else f"... of {len(word)} letters"


def people(file: File, _: Project) -> Iterator[Fault]:
    """Data of persons."""
    patterns = _present(PEOPLE, file.text)
    for index, line in enumerate((file.text.splitlines() if patterns else ()), 1):
        for what, pattern in patterns.items():
            found = next(
                (one for part in _parts(line) for one in pattern.finditer(part) if _is_person(what, one, part)), None
            )
            if found is not None:
                yield Fault(f"line {index}", f"it holds {what}: {found.group()[:3]}...", (what, ""), line=index)
                break


def _is_person(what: str, found: re.Match[str], line: str) -> bool:
    if what == "an e-mail address":
        before = line[max(found.start() - 60, 0) : found.start()]
        return not NOBODY.match(found["host"]) and not ADDRESSED.search(before) and not before.endswith(("//", ":"))
    digits = "".join(letter for letter in found.group() if letter.isalnum())
    if what == "the number of a card":
        return digits[0] in "3456" and len(set(digits)) > 3 and _luhn(digits)
    if what == "an IBAN":
        return 15 <= len(digits) <= 34 and int("".join(str(int(one, 36)) for one in digits[4:] + digits[:4])) % 97 == 1
    return True


def _luhn(digits: str) -> bool:
    """The check sum of cards."""
    values = [int(one) * (2 if index % 2 else 1) for index, one in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in values) % 10 == 0


RULES: Final = (
    Rule(
        id="secret", title="No secret is in a file", kinds=("text",), find=secrets,
        why="Files are committed, copied and mailed; a secret in one is known to all who ever had it.",
        remedy="Take it out and make a new one, since the old one is known. Name a file that holds it (password_file, api_url_file, ...) or a variable of the environment.",
    ),
    Rule(
        id="personal-data", title="No data of persons is in a file", kinds=("text",), find=people, level="warning",
        why="Addresses, telephone numbers and accounts of people have no place in dashboards and rules, which many read and nobody deletes.",
        remedy="Take it out; name a role or a team instead.",
    ),
)  # fmt: skip
