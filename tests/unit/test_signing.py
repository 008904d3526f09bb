"""Tokens that only this deployment can have made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.intake.signing import (
    ExpiredTokenError,
    InvalidTokenError,
    SignedToken,
    Signer,
)
from tests.builders import NOON, days, minutes

OLD, NEW = "old key of sixteen characters", "new key of sixteen characters"
DAY = days(1)
signer = Signer("confirmation", [NEW, OLD])


@given(subject=st.text(max_size=200))
def test_a_token_says_what_was_signed_and_when(subject: str) -> None:
    token = signer.sign(subject, NOON)
    assert signer.read(token, NOON + minutes(5), DAY) == SignedToken(subject, NOON)
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_a_token_lives_as_long_as_it_may() -> None:
    token = signer.sign("s", NOON)
    assert signer.read(token, NOON + DAY, DAY).subject == "s"
    with pytest.raises(ExpiredTokenError):
        signer.read(token, NOON + DAY + minutes(0.1), DAY)


def test_a_token_of_the_future_was_not_made_here() -> None:
    assert signer.read(signer.sign("s", NOON + minutes(1)), NOON, DAY).subject == "s"
    with pytest.raises(InvalidTokenError):
        signer.read(signer.sign("s", NOON + minutes(3)), NOON, DAY)


def test_a_key_that_was_replaced_is_still_recognised_and_one_that_went_is_not() -> None:
    signed_before = Signer("confirmation", [OLD]).sign("s", NOON)
    assert signer.read(signed_before, NOON, DAY).subject == "s"
    with pytest.raises(InvalidTokenError):
        Signer("confirmation", [NEW]).read(signed_before, NOON, DAY)
    signed_since = signer.sign("s", NOON)
    assert Signer("confirmation", [NEW]).read(signed_since, NOON, DAY).subject == "s"


def test_a_token_for_one_purpose_is_none_for_another() -> None:
    with pytest.raises(InvalidTokenError):
        signer.read(Signer("form", [NEW]).sign("s", NOON), NOON, DAY)


@given(position=st.integers(0, 200), character=st.characters(categories=["L", "N", "P"]))
def test_a_token_changed_anywhere_is_none(position: int, character: str) -> None:
    token = signer.sign("submission-1", NOON)
    position %= len(token)
    changed = token[:position] + character + token[position + 1 :]
    if changed != token:
        with pytest.raises(InvalidTokenError):
            signer.read(changed, NOON, DAY)


@given(st.text(max_size=60))
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidTokenError):
        signer.read(text, NOON, DAY)


@pytest.mark.parametrize("end", ["=", "==", ".", " ", "\n", "A"])
def test_a_token_has_one_way_of_writing(end: str) -> None:
    with pytest.raises(InvalidTokenError):
        signer.read(signer.sign("s", NOON) + end, NOON, DAY)


def test_an_endless_text_is_refused_unread() -> None:
    with pytest.raises(InvalidTokenError):
        signer.read("a" * 10_000_000, NOON, DAY)


def test_keys_do_not_show() -> None:
    assert OLD not in repr(signer)
