"""Syntax of Go's templates, as far as Prometheus checks it when it reads rules: actions, blocks, functions and variables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

FUNCTIONS: Final = frozenset(
    (
        # Go's own
        "and", "call", "html", "index", "slice", "js", "len", "not", "or", "print", "printf", "println", "urlquery", "eq", "ge", "gt",
        "le", "lt", "ne",
        # Prometheus'
        "query", "first", "label", "value", "strvalue", "args", "reReplaceAll", "safeHtml", "match", "title", "toUpper", "toLower",
        "graphLink", "tableLink", "sortByLabel", "stripPort", "stripDomain", "humanize", "humanize1024", "humanizeDuration",
        "humanizePercentage", "humanizeTimestamp", "toTime", "pathPrefix", "externalURL", "parseDuration",
    )
)  # fmt: skip
GIVEN: Final = ("$", "$labels", "$externalLabels", "$externalURL", "$value")
"""Variables that Prometheus gives to every template."""

COMMENT: Final = re.compile(r"(-\s+)?/\*.*\*/(\s+-)?\Z", re.DOTALL)
TOKEN: Final = re.compile(
    r"""\s+|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)+'|:=|=|\||\(|\)|,"""
    r"""|\$\w*|\.\w+|\.|[+-]?\d[\w.]*|\w+""",
    re.VERBOSE,
)  # fmt: skip
OPENING: Final = ("if", "range", "with", "define", "block")
WORDS: Final = (*OPENING, "else", "end", "template", "break", "continue")


class TemplateError(Exception):
    """A template cannot be read."""


@dataclass
class _Block:
    """What an action has opened, and the variables that were there before."""

    word: str
    variables: int
    has_else: bool = False


@dataclass
class _State:
    variables: list[str] = field(default_factory=lambda: list(GIVEN))
    blocks: list[_Block] = field(default_factory=list)


def check(text: str) -> str:
    """What is wrong with a template; empty when nothing is."""
    try:
        _check(text)
    except TemplateError as error:
        return str(error)
    return ""


def _check(text: str) -> None:
    state, place = _State(), 0
    while (start := text.find("{{", place)) >= 0:
        place = _end(text, start)
        inner = text[start + 2 : place - 2]
        if not COMMENT.match(inner):
            _action(re.sub(r"\A-(?=\s)|(?<=\s)-\Z", "", inner), state)
    if state.blocks:
        raise TemplateError(f"{{{{ {state.blocks[-1].word} }}}} has no {{{{ end }}}}")


def _end(text: str, start: int) -> int:
    """Where an action ends: after the first }} that is in no string."""
    place = start + 2
    if re.compile(r"(-\s+)?/\*").match(text, place):
        end = text.find("*/", place)
        closed = re.compile(r"\*/\s*-?\}\}").match(text, end) if end >= 0 else None
        if closed is None:
            raise TemplateError("a comment does not end")
        return closed.end()
    while place < len(text):
        if text.startswith("}}", place):
            return place + 2
        found = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|\'(?:[^\'\\\n]|\\.)+\'').match(text, place)
        if found is None and text[place] in "\"'`":
            raise TemplateError("a string in an action does not end")
        place = found.end() if found else place + 1
    raise TemplateError("an action is not closed by }}")


def _tokens(inner: str) -> list[str]:
    tokens: list[str] = []
    place = 0
    while place < len(inner):
        found = TOKEN.match(inner, place)
        if found is None:
            raise TemplateError(f"unexpected {inner[place]!r} in an action")
        # A field right behind a name, a closing bracket or another field belongs to it.
        glued = (
            bool(tokens)
            and place > 0
            and not inner[place - 1].isspace()
            and found[0].startswith(".")
            and tokens[-1] not in ("|", "(", ",", "=", ":=")
        )
        if glued and found[0] != ".":
            tokens[-1] += found[0]
        elif not found[0].isspace():
            tokens.append(found[0])
        place = found.end()
    return tokens


def _action(inner: str, state: _State) -> None:
    tokens = _tokens(inner)
    if not tokens:
        raise TemplateError("an action is empty")
    word, rest = (tokens[0], tokens[1:]) if tokens[0] in WORDS else ("", tokens)
    if word == "end":
        _nothing(rest, word)
        if not state.blocks:
            raise TemplateError("{{ end }} closes nothing")
        del state.variables[state.blocks.pop().variables :]
    elif word == "else":
        _else(rest, state)
    elif word in ("break", "continue"):
        _nothing(rest, word)
        if not any(block.word == "range" for block in state.blocks):
            raise TemplateError(f"{{{{ {word} }}}} is in no range")
    elif word in ("template", "define", "block"):
        _named(word, rest, state)
    elif word:
        state.blocks.append(_Block(word, len(state.variables)))
        _pipeline(rest, state, word)
    else:
        _pipeline(rest, state, "")


def _nothing(rest: list[str], word: str) -> None:
    if rest:
        raise TemplateError(f"unexpected {rest[0]!r} after {word}")


def _else(rest: list[str], state: _State) -> None:
    if not state.blocks or state.blocks[-1].word not in ("if", "range", "with") or state.blocks[-1].has_else:
        raise TemplateError("{{ else }} belongs to nothing")
    block = state.blocks[-1]
    if rest[:1] == ["if"] and block.word == "if":
        _pipeline(rest[1:], state, "if")
    else:
        _nothing(rest, "else")
        block.has_else = True


def _named(word: str, rest: list[str], state: _State) -> None:
    if not rest or rest[0][0] not in '"`':
        raise TemplateError(f"{word} needs a name in quotes")
    if word == "define":
        _nothing(rest[1:], word)
        if state.blocks:
            raise TemplateError("define stands inside another block")
    elif rest[1:] or word == "block":
        _pipeline(rest[1:], state, "")
    if word != "template":
        state.blocks.append(_Block(word, len(state.variables)))


def _pipeline(words: list[str], state: _State, block: str) -> None:
    place = next((number for number, word in enumerate(words) if word in (":=", "=")), None)
    if place is None:
        _commands(words, state, block)
        return
    names = [word for word in words[:place] if word != ","]
    most = 2 if block == "range" else 1
    if not names or len(names) > most or any(not name.startswith("$") or "." in name for name in names):
        raise TemplateError(f"unexpected {words[place]!r}; a variable stands before it")
    _commands(words[place + 1 :], state, block)
    # Go does not ask here whether a variable that gets another value is there.
    state.variables += names


def _commands(words: list[str], state: _State, block: str) -> None:
    """Commands with | between; brackets nest. `empty` says for each open bracket whether nothing stands in it yet."""
    if not words:
        raise TemplateError(f"missing value for {block or 'an action'}")
    empty, first = [True], True
    for word in words:
        if word == "(":
            empty[-1] = False
            empty.append(True)
        elif word.startswith(")"):
            if len(empty) == 1 or empty.pop():
                raise TemplateError("unexpected ) in an action")
            empty[-1] = False
        elif word == "|":
            if empty[-1]:
                raise TemplateError("| stands behind nothing")
            empty[-1], first = True, False
        elif word in (",", ":=", "="):
            raise TemplateError(f"unexpected {word!r} in an action")
        else:
            _operand(word, state, piped=empty[-1] and not first and len(empty) == 1)
            empty[-1] = False
    if len(empty) > 1:
        raise TemplateError("( is not closed")


def _operand(word: str, state: _State, *, piped: bool) -> None:
    if word.startswith("$"):
        _variable(word.partition(".")[0], state)
    elif word[0] in "\"'`+-" or word[0].isdigit() or word in (".", "true", "false", "nil"):
        if piped:
            raise TemplateError(f"{word} is no function, and something is piped into it")
    elif not word.startswith("."):
        name = word.partition(".")[0]
        if name in WORDS:
            raise TemplateError(f"unexpected {name} in an action")
        if name not in FUNCTIONS:
            raise TemplateError(f"there is no function {name}")


def _variable(name: str, state: _State) -> None:
    if name not in state.variables:
        raise TemplateError(f"there is no variable {name}")
