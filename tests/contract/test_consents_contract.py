"""What every ConsentRepository does."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from succotash.domain.consents.consents import (
    MARKETING,
    Consent,
    ConsentOrigin,
    ConsentState,
    CurrentConsent,
    Suppression,
    SuppressionReason,
    in_order,
)
from succotash.domain.repositories.consents import ConsentRepository
from tests.builders import NOON, a_consent, days, minutes

ADA = "ada@example.com"
YES, NO = ConsentState.GRANTED, ConsentState.DENIED
FORM, IMPORT = ConsentOrigin.FORM, ConsentOrigin.IMPORT


def holding(consents: ConsentRepository, email: str = ADA) -> list[tuple[str, ConsentState]]:
    return [(each.purpose, each.state) for each in consents.get_current_consents(email)]


def expected(history: list[Consent]) -> ConsentState:
    """What holds, found from a whole history at once."""
    said = [each for each in in_order(history) if each.origin is not IMPORT]
    by_import = [each for each in in_order(history) if each.origin is IMPORT]
    if not said or not by_import:
        return (said or by_import)[-1].state
    if said[-1].state is NO:
        return NO
    return max(by_import[-1], said[-1], key=lambda each: each.occurred_at).state


class TestHistory:
    def test_a_consent_comes_back_as_it_was_recorded(self, consents: ConsentRepository) -> None:
        first = a_consent("a", text="I agree.", source_id="s1", recorded_at=NOON + minutes(1))
        second = a_consent("b", state=NO, occurred_at=NOON - days(1), origin=ConsentOrigin.API)
        other = a_consent("c", email="bob@example.com")
        assert consents.record_consents([first, second, other]) == 3
        assert consents.get_consents(ADA) == [second, first]
        assert consents.get_consents("nobody@example.com") == []
        assert consents.get_current_consents(ADA) == [CurrentConsent(ADA, MARKETING, YES, NOON)]

    def test_a_known_id_is_left_as_it_is(self, consents: ConsentRepository) -> None:
        consent = a_consent()
        later = a_consent(state=NO, occurred_at=NOON + days(1))
        assert consents.record_consents([consent, later]) == 1
        assert consents.record_consents([later]) == 0
        assert consents.record_consents([]) == 0
        assert consents.get_consents(ADA) == [consent]
        assert holding(consents) == [(MARKETING, YES)]

    def test_purposes_are_kept_apart(self, consents: ConsentRepository) -> None:
        consents.record_consents([a_consent("a"), a_consent("b", purpose="campaign:x", state=NO)])
        assert holding(consents) == [("campaign:x", NO), (MARKETING, YES)]

    def test_a_link_finds_the_address_until_it_is_forgotten(
        self, consents: ConsentRepository
    ) -> None:
        consents.record_consents([a_consent("a", address_key="key")])
        consents.record_consents([a_consent("b", occurred_at=NOON + days(1))])
        assert consents.find_consenting_address("key") == ADA
        assert consents.find_consenting_address("other") is None
        assert consents.forget_consents(ADA) == 2
        assert consents.find_consenting_address("key") is None
        assert consents.get_consents(ADA) == []
        assert holding(consents) == []
        assert consents.forget_consents(ADA) == 0


class TestWhatHolds:
    def test_an_older_one_never_overrides_a_newer(self, consents: ConsentRepository) -> None:
        consents.record_consents([a_consent("a", state=NO)])
        consents.record_consents([a_consent("b", occurred_at=NOON - days(1))])
        assert holding(consents) == [(MARKETING, NO)]

    @pytest.mark.parametrize("order", [*permutations(range(3))])
    def test_an_import_never_lifts_what_a_person_denied(
        self, order: tuple[int, ...], consents: ConsentRepository
    ) -> None:
        history = [
            a_consent("a", occurred_at=NOON - days(2)),
            a_consent("b", state=NO, origin=ConsentOrigin.LINK),
            a_consent("c", origin=IMPORT, occurred_at=NOON + days(1)),
        ]
        for index in order:
            consents.record_consents([history[index]])
        assert holding(consents) == [(MARKETING, NO)]
        consents.record_consents([a_consent("d", occurred_at=NOON + minutes(1))])
        assert holding(consents) == [(MARKETING, YES)]

    def test_an_import_lifts_what_an_import_denied(self, consents: ConsentRepository) -> None:
        consents.record_consents([a_consent("a", state=NO, origin=IMPORT)])
        consents.record_consents([a_consent("b", origin=IMPORT, occurred_at=NOON + days(1))])
        assert holding(consents) == [(MARKETING, YES)]

    def test_of_two_at_one_instant_the_one_recorded_later_counts_then_the_no(
        self, consents: ConsentRepository
    ) -> None:
        consents.record_consents([a_consent("a", state=NO), a_consent("b")])
        assert holding(consents) == [(MARKETING, NO)]
        consents.record_consents([a_consent("c", recorded_at=NOON + minutes(1))])
        assert holding(consents) == [(MARKETING, YES)]

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        entries=st.lists(
            st.tuples(st.sampled_from([FORM, IMPORT]), st.sampled_from([YES, NO])),
            min_size=1,
            max_size=5,
        ),
        order=st.randoms(use_true_random=False),
        batch=st.integers(1, 5),
    )
    def test_it_is_the_same_whatever_is_recorded_first(
        self,
        entries: list[tuple[ConsentOrigin, ConsentState]],
        order: Random,
        batch: int,
        consents: ConsentRepository,
    ) -> None:
        history = [
            a_consent(f"c{index}", origin=origin, state=state, occurred_at=NOON + days(index))
            for index, (origin, state) in enumerate(entries)
        ]
        shuffled = order.sample(history, len(history))
        consents.forget_consents(ADA)
        for start in range(0, len(shuffled), batch):
            consents.record_consents(shuffled[start : start + batch])
        assert holding(consents) == [(MARKETING, expected(history))]


class TestSuppressions:
    def test_the_gravest_reason_and_the_latest_instant_count(
        self, consents: ConsentRepository
    ) -> None:
        def suppress(reason: SuppressionReason, minute: int) -> None:
            consents.suppress([Suppression("k", MARKETING, reason, NOON + minutes(minute))])

        suppress(SuppressionReason.DENIED, 1)
        suppress(SuppressionReason.BOUNCE, 0)
        suppress(SuppressionReason.ERASED, 2)
        assert consents.find_suppressions(["k", "other"]) == [
            Suppression("k", MARKETING, SuppressionReason.BOUNCE, NOON + minutes(2))
        ]
        suppress(SuppressionReason.COMPLAINT, 0)
        [found] = consents.find_suppressions(["k"])
        assert found.reason is SuppressionReason.COMPLAINT

    def test_they_are_lifted_by_purpose_reason_and_time(self, consents: ConsentRepository) -> None:
        denied = Suppression("k", MARKETING, SuppressionReason.DENIED, NOON)
        bounced = Suppression("b", MARKETING, SuppressionReason.BOUNCE, NOON)
        campaign = Suppression("k", "campaign:x", SuppressionReason.DENIED, NOON)
        consents.suppress([denied, bounced, campaign])
        reasons = [SuppressionReason.DENIED, SuppressionReason.ERASED]
        assert consents.lift_suppressions(["k"], MARKETING, reasons, NOON) == 0
        later = NOON + minutes(1)
        assert consents.lift_suppressions(["b", "k"], MARKETING, reasons, later) == 1
        assert consents.find_suppressions(["k", "b"]) == [campaign, bounced]

    def test_a_batch_may_name_an_address_twice(self, consents: ConsentRepository) -> None:
        consents.suppress(
            [
                Suppression("k", MARKETING, SuppressionReason.DENIED, NOON),
                Suppression("k", MARKETING, SuppressionReason.BOUNCE, NOON),
            ]
        )
        [found] = consents.find_suppressions(["k"])
        assert found.reason is SuppressionReason.BOUNCE
