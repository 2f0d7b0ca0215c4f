"""Takes out of words what points to a person: addresses, numbers, and names that are said as such.

It finds what has a form. A name without a word before it that marks it, or a story that only one person can have lived,
it cannot find; whoever passes transcripts on must know that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

CARD: Final = range(13, 20)
"""How many digits the number of a payment card has."""
NAME: Final = r"[^\W\d_a-zà-öø-ÿ][\w'\u2019-]+(?:[ \t]+[^\W\d_a-zà-öø-ÿ][\w'\u2019-]+){0,3}"
"""One to four words with a capital."""
MARKED: Final = (
    r"(?:[Mm]y name is|[Mm]y name's|I am called|I'm called|[Tt]his is|[Ii] am|I'm|[Yy]our name is|[Tt]hank you,|[Hh]ello,|[Hh]i,|"
    r"[Dd]ear|[Mm]r\.?|[Mm]rs\.?|[Mm]s\.?|[Mm]iss|[Dd]r\.?|[Mm]ein Name ist|[Ii]ch heiße|[Hh]err|[Ff]rau|[Jj]e m'appelle|[Mm]e llamo)"
)
"""Words after which a name follows."""
DIGITS: Final = re.compile(r"(?<![\w.])\+?(?:\(?\d[\d()./ \t-]*)?\d(?![\w])")


def _number(match: re.Match[str]) -> str:
    """A row of digits by what it looks like; short ones, dates and amounts stay."""
    text = match[0]
    digits = re.sub(r"\D", "", text)
    if len(digits) in CARD and _luhn(digits):
        return "[card]"
    if re.fullmatch(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}", text.strip()):
        return text
    if text.startswith("+") or len(digits) >= 9:
        return "[phone]" if len(digits) <= 15 else "[number]"
    return "[number]" if len(digits) >= 6 else text


def _luhn(digits: str) -> bool:
    """Whether the last digit checks the others, as it does on cards."""
    doubled = (2 * int(one) - 9 * (int(one) > 4) if place % 2 else int(one) for place, one in enumerate(digits[::-1]))
    return sum(doubled) % 10 == 0


RULES: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"\b(?:https?://|www\.)\S+[^\s.,;:!?)\]]"), "[link]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b"), "[account]"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b", re.IGNORECASE), "[address]"),
    (DIGITS, _number),
    (re.compile(rf"(?P<mark>\b{MARKED})(?P<gap>[ \t]+){NAME}"), r"\g<mark>\g<gap>[name]"),
    (re.compile(r"(?<!\w)@\w[\w.-]+"), "[handle]"),
)
"""What is looked for, in this order, and what stands in its place."""


def anonymous(text: str) -> str:
    """The words without what has the form of an address, a number or a marked name."""
    for pattern, place in RULES:
        text = pattern.sub(place, text)
    return text
