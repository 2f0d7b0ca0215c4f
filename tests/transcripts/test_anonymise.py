"""What is taken out of words, and what stays."""

from __future__ import annotations

import pytest

from exporter.anonymise import anonymous

GONE = {
    "an address": ("write to ann.lee+x@mail.example.co.uk.", "write to [e-mail]."),
    "a telephone number": ("call +49 (0)30 1234-5678 now", "call [phone] now"),
    "a local number": ("it is 030 123 45 67 89", "it is [phone]"),
    "a card": ("my card is 4111 1111 1111 1111, thanks", "my card is [card], thanks"),
    "a long number that is no card": ("order 123456", "order [number]"),
    "an account": ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [account] please"),
    "a link": ("see https://me.example.com/~ann?x=1, it is there", "see [link], it is there"),
    "an address of the net": ("from 192.168.10.20 I think", "from [address] I think"),
    "a name that is said": ("Hello, my name is Ann-Marie van O'Neill.", "Hello, my name is [name] van O'Neill."),
    "a name with a title": ("Is Mrs. Ann Lee there?", "Is Mrs. [name] there?"),
    "a name in capitals": ("This is Jürgen Müller speaking", "This is [name] speaking"),
    "a handle": ("I am @ann_lee there", "I am [handle] there"),
}
STAYS = (
    "I want 3 rooms for 2 nights, at 19:30 on 2026-03-01.",
    "It costs 1,299.00 dollars or 12.50 each.",
    "Do you open at 9 on 24.12.2026?",
    "Here is what I know about opening hours.",
    "Room 12345 is free.",
)


@pytest.mark.parametrize("what", GONE)
def test_what_points_to_a_person_goes(what: str) -> None:
    """Each kind has its own mark."""
    words, wanted = GONE[what]
    assert anonymous(words) == wanted


@pytest.mark.parametrize("words", STAYS)
def test_dates_amounts_and_times_stay(words: str) -> None:
    """What a reader needs to follow the conversation."""
    assert anonymous(words) == words
