"""Conditions on the labels of alerts, as silences and maintenance windows have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WRITTEN: Final = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*\Z", re.DOTALL)
QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"\Z', re.DOTALL)
ESCAPES: Final = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A condition on one label of an alert."""

    name: str
    value: str
    regex: bool = False
    equal: bool = True

    @classmethod
    def parse(cls, text: str) -> Match:
        """A condition as people and amtool write it: name=value, name!="value", name=~"a|b", name!~regex."""
        found = WRITTEN.match(text)
        if found is None:
            raise ValueError(f'{text!r} is no matcher; write one such as tenant=acme or alertname=~"Lead.*|Call.*"')
        quoted = QUOTED.match(found[3])
        value = re.sub(r'\\[n"\\]', lambda mark: ESCAPES[mark[0]], quoted[1]) if quoted else found[3]
        made = cls(found[1], value, regex="~" in found[2], equal="!" not in found[2])
        if made.regex:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"{text!r} has a wrong regular expression: {error}") from None
        return made

    @property
    def needs(self) -> bool:
        """Whether an alert must have the label to meet it."""
        return not self.matches({})

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels meets it. A label that is missing has the value ""."""
        value = labels.get(self.name, "")
        same = bool(re.fullmatch(self.value, value)) if self.regex else self.value == value
        return same is self.equal

    def __str__(self) -> str:
        """As people write it."""
        sign = {(False, True): "=", (False, False): "!=", (True, True): "=~", (True, False): "!~"}
        return f"{self.name}{sign[self.regex, self.equal]}{self.value}"
