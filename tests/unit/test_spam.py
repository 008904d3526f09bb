"""Why a submission looks like spam, reason by reason."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from succotash.domain.forms.forms import SpamSettings
from succotash.domain.intake.signing import Signer
from succotash.domain.intake.spam import (
    LONG_TEXT,
    NO_TOKEN,
    NO_TRAFFIC,
    REPETITIONS_TOLERATED,
    TOKEN_LIFETIME,
    ChallengeState,
    Evidence,
    FormToken,
    RecentTraffic,
    TokenState,
    is_disposable,
    read_token,
    suspicions,
    text_digest,
)
from succotash.domain.values import FormId, Json
from tests.builders import NOON

SETTINGS = SpamSettings()
CONTACT = FormId("contact")
OLD_KEY, NEW_KEY = "an old key of many letters", "a new key of many letters"


def signer(*keys: str) -> Signer:
    return Signer("form", keys)


def reasons(
    answers: Mapping[str, Json] | None = None,
    *,
    settings: SpamSettings = SETTINGS,
    email: str | None = "ada@example.com",
    controls: Mapping[str, Json] | None = None,
    token: FormToken = NO_TOKEN,
    challenge: ChallengeState = ChallengeState.ABSENT,
    traffic: RecentTraffic = NO_TRAFFIC,
) -> tuple[str, ...]:
    evidence = Evidence(controls or {}, token, challenge, traffic)
    return suspicions(settings, answers or {"message": "hello"}, email, evidence, NOON)


def good(seconds: float) -> FormToken:
    return FormToken(TokenState.GOOD, NOON - timedelta(seconds=seconds))


def test_an_ordinary_submission_is_not_suspect() -> None:
    assert reasons() == ()
    assert reasons(token=good(30), challenge=ChallengeState.PASSED) == ()


def test_the_field_that_people_do_not_see_is_the_forms_own() -> None:
    [reason] = reasons(controls={"_gotcha": "robot"})
    assert "people do not see" in reason
    assert reasons(controls={"_gotcha": ""}) == ()
    named = SpamSettings(honeypot="website")
    assert reasons(controls={"_gotcha": "robot"}, settings=named) == ()
    assert reasons(controls={"website": "robot"}, settings=named) == (reason,)
    assert reasons(controls={"": "robot"}, settings=SpamSettings(honeypot="")) == ()


@pytest.mark.parametrize(("seconds", "is_suspect"), [(0, True), (1.9, True), (2, False)])
def test_who_fills_in_a_page_faster_than_people_is_suspect(
    seconds: float, *, is_suspect: bool
) -> None:
    assert bool(reasons(token=good(seconds))) is is_suspect


def test_a_clock_that_is_ahead_counts_as_no_time_at_all() -> None:
    [reason] = reasons(token=good(-60))
    assert reason.startswith("was sent 0 s after")
    assert reasons(token=good(-60), settings=SpamSettings(minimum_seconds=0)) == ()


@pytest.mark.parametrize("state", [TokenState.FORGED, TokenState.EXPIRED, TokenState.UNCHECKED])
def test_a_token_that_is_worth_nothing_is_a_reason_of_its_own(state: TokenState) -> None:
    [reason] = reasons(token=FormToken(state))
    others = {reasons(token=FormToken(each)) for each in TokenState if each is not state}
    assert (reason,) not in others


def test_a_token_may_be_missing_unless_the_form_asks_for_it() -> None:
    [reason] = reasons(settings=SpamSettings(requires_token=True))
    assert "without a form token" in reason
    assert reasons(token=good(30), settings=SpamSettings(requires_token=True)) == ()


def test_a_challenge_counts_where_the_form_has_one() -> None:
    settings = SpamSettings(turnstile_secret_arn="arn:secret")
    assert reasons(challenge=ChallengeState.PASSED, settings=settings) == ()
    said = [
        reasons(challenge=each, settings=settings)
        for each in (ChallengeState.ABSENT, ChallengeState.FAILED, ChallengeState.UNKNOWN)
    ]
    assert [len(each) for each in said] == [1, 1, 1]
    assert len(set(said)) == len(said)
    assert reasons(challenge=ChallengeState.FAILED) == ()


def test_links_are_counted_over_all_answers_and_choices() -> None:
    answers: dict[str, Json] = {
        "message": "see http://a.example and HTTPS://b.example",
        "topics": ["https://c.example", "none", "https://d.example"],
        "number": 4,
    }
    [reason] = reasons(answers)
    assert reason.startswith("contains 4 links; 3 are tolerated")
    assert reasons(answers, settings=SpamSettings(links_tolerated=4)) == ()


@pytest.mark.parametrize(
    ("email", "is_one"),
    [
        ("a@mailinator.com", True),
        ("a@deep.below.mailinator.com", True),
        ("a@mailinator.example", False),
        ("a@example.com", False),
        ("mailinator.com@example.com", False),
        ("a@com", False),
    ],
)
def test_an_address_to_throw_away_is_known_by_its_domain(email: str, *, is_one: bool) -> None:
    assert is_disposable(email) is is_one
    assert bool(reasons(email=email)) is is_one
    assert reasons(email=email, settings=SpamSettings(blocks_disposable=False)) == ()


def test_no_address_is_none_to_throw_away() -> None:
    assert reasons(email=None) == ()


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        (RecentTraffic(from_address=4), RecentTraffic(from_address=5)),
        (RecentTraffic(to_form=6), RecentTraffic(to_form=7)),
        (
            RecentTraffic(same_text=REPETITIONS_TOLERATED),
            RecentTraffic(same_text=REPETITIONS_TOLERATED + 1),
        ),
    ],
)
def test_what_comes_too_often_is_suspect(within: RecentTraffic, beyond: RecentTraffic) -> None:
    settings = SpamSettings(per_address_hourly=5, per_form_hourly=7)
    assert reasons(traffic=within, settings=settings) == ()
    assert len(reasons(traffic=beyond, settings=settings)) == 1


def test_a_limit_of_nought_is_none() -> None:
    settings = SpamSettings(per_address_hourly=0, per_form_hourly=0)
    assert reasons(traffic=RecentTraffic(1000, 1000, 0), settings=settings) == ()


def test_every_reason_is_told() -> None:
    told = reasons(
        {"message": "http://a " * 9},
        email="a@mailinator.com",
        controls={"_gotcha": "x"},
        token=FormToken(TokenState.FORGED),
        traffic=RecentTraffic(60, 1000, 9),
    )
    assert len(told) == 7


class TestToken:
    def test_a_token_tells_when_its_page_was_shown(self) -> None:
        token = signer(NEW_KEY).sign(CONTACT, NOON)
        later = NOON + timedelta(minutes=5)
        assert read_token(signer(NEW_KEY), token, CONTACT, later) == FormToken(
            TokenState.GOOD, NOON
        )

    def test_a_token_of_another_form_is_forged(self) -> None:
        token = signer(NEW_KEY).sign("other", NOON)
        assert read_token(signer(NEW_KEY), token, CONTACT, NOON).state is TokenState.FORGED

    def test_a_token_for_another_purpose_is_forged(self) -> None:
        token = Signer("opt-in", (NEW_KEY,)).sign(CONTACT, NOON)
        assert read_token(signer(NEW_KEY), token, CONTACT, NOON).state is TokenState.FORGED

    @pytest.mark.parametrize("token", ["x", "a.b", "." * 50, "é.é", "A" * 5000])
    def test_nonsense_is_forged(self, token: str) -> None:
        assert read_token(signer(NEW_KEY), token, CONTACT, NOON).state is TokenState.FORGED

    @pytest.mark.parametrize("token", [None, "", 5, ["x"]])
    def test_what_is_no_text_is_no_token(self, token: Json) -> None:
        assert read_token(signer(NEW_KEY), token, CONTACT, NOON).state is TokenState.ABSENT

    def test_a_page_left_open_too_long_has_an_expired_token(self) -> None:
        token = signer(NEW_KEY).sign(CONTACT, NOON)
        at = NOON + TOKEN_LIFETIME
        assert read_token(signer(NEW_KEY), token, CONTACT, at).state is TokenState.GOOD
        at += timedelta(seconds=1)
        assert read_token(signer(NEW_KEY), token, CONTACT, at).state is TokenState.EXPIRED

    def test_keys_can_be_rotated_under_open_pages(self) -> None:
        token = signer(OLD_KEY).sign(CONTACT, NOON)
        rotated = signer(NEW_KEY, OLD_KEY)
        assert read_token(rotated, token, CONTACT, NOON).state is TokenState.GOOD
        assert read_token(signer(NEW_KEY), token, CONTACT, NOON).state is TokenState.FORGED


class TestText:
    def test_a_long_text_is_the_same_whatever_its_case_and_spacing(self) -> None:
        text = "We can bring your page to the top of every list. " * 4
        shouted = {"other": "short", "message": f"  {text.upper().replace(' ', '  ')}"}
        assert text_digest({"message": text}) == text_digest(shouted) is not None

    def test_a_short_text_may_come_from_anybody(self) -> None:
        assert text_digest({"message": "x" * (LONG_TEXT - 1), "a": "b"}) is None
        assert text_digest({"message": "x" * LONG_TEXT}) is not None
        assert text_digest({}) is None
