"""What a yes and a no do, whoever says so, on every storage."""

from dataclasses import replace
from datetime import datetime

import pytest

from succotash.application.consents.consent_records import ConsentRecords, Statement
from succotash.application.consents.views import ConsentsView
from succotash.domain.consents.consents import MARKETING, ConsentOrigin, ConsentState, FailedAddress
from succotash.domain.repositories.storage import Storage
from succotash.errors import ConflictError, InvalidInputError, NotFoundError
from tests.builders import NOON, a_consent, days, minutes
from tests.contract.company import ADA, Company

YES, NO = ConsentState.GRANTED, ConsentState.DENIED
FORM, IMPORT, API = ConsentOrigin.FORM, ConsentOrigin.IMPORT, ConsentOrigin.API


@pytest.fixture
def company(storage: Storage) -> Company:
    return Company(storage)


class Desk:
    """A company that records consent."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.said = 0

    @property
    def records(self) -> ConsentRecords:
        return ConsentRecords(
            self.company.storage,
            lambda: self.company.now,
            lambda: f"consent-{next(self.company.ids):04}",
            self.company.tombstones,
        )

    def say(self, state: ConsentState, at: datetime, origin: ConsentOrigin = FORM) -> int:
        self.said += 1
        consent = a_consent(f"said-{self.said}", state=state, occurred_at=at, origin=origin)
        return self.records.record_consents([consent])

    def fail(self, address: str, origin: ConsentOrigin, at: datetime) -> None:
        self.records.record_suppression(FailedAddress(address, origin, at))

    @property
    def holding(self) -> ConsentsView:
        return self.company.export()["consents"]

    @property
    def is_granted(self) -> bool:
        """Whether a campaign that needs a yes may write to Ada."""
        found = self.holding
        return not found["suppressed"] and any(
            (each["purpose"], each["state"]) == (MARKETING, YES) for each in found["current"]
        )

    @property
    def reasons(self) -> list[str]:
        return [each["reason"] for each in self.holding["suppressed"]]


@pytest.fixture
def desk(company: Company) -> Desk:
    return Desk(company)


class TestRules:
    def test_a_no_suppresses_and_a_newer_yes_lifts_it(self, desk: Desk) -> None:
        desk.say(YES, NOON)
        assert desk.is_granted
        desk.say(NO, NOON + days(1), API)
        assert (desk.is_granted, desk.reasons) == (False, ["denied"])
        desk.say(YES, NOON + days(2))
        assert (desk.is_granted, desk.reasons) == (True, [])

    def test_an_older_no_that_is_recorded_late_changes_nothing(self, desk: Desk) -> None:
        desk.say(YES, NOON)
        desk.say(NO, NOON - days(1), API)
        assert desk.is_granted

    def test_an_import_neither_lifts_nor_suppresses(self, desk: Desk) -> None:
        desk.say(NO, NOON, IMPORT)
        assert (desk.is_granted, desk.reasons) == (False, [])
        desk.say(YES, NOON + days(1), IMPORT)
        assert desk.is_granted
        desk.say(NO, NOON - days(5), API)
        assert (desk.is_granted, desk.reasons) == (False, ["denied"])
        desk.say(YES, NOON + days(9), IMPORT)
        assert (desk.is_granted, desk.reasons) == (False, ["denied"])

    @pytest.mark.parametrize("origin", [ConsentOrigin.BOUNCE, ConsentOrigin.COMPLAINT])
    def test_a_mailbox_that_fails_or_complains_is_freed_by_no_form(
        self, origin: ConsentOrigin, desk: Desk
    ) -> None:
        desk.say(YES, NOON)
        for _ in range(2):  # the service tells at least once
            desk.fail(" ADA@Example.com", origin, NOON + days(1))
        assert (desk.is_granted, desk.reasons) == (False, [origin])
        assert [each["origin"] for each in desk.holding["history"]] == [FORM, origin]
        desk.say(YES, NOON + days(2))
        assert (desk.is_granted, desk.reasons) == (False, [origin])
        desk.say(YES, NOON + days(3), API)
        assert (desk.is_granted, desk.reasons) == (True, [])
        desk.fail(ADA, origin, NOON + days(1))  # the service tells it once more
        assert (desk.is_granted, desk.reasons) == (True, [])

    def test_only_bounces_and_complaints_are_suppressions_of_their_own(self, desk: Desk) -> None:
        with pytest.raises(InvalidInputError):
            desk.fail(ADA, FORM, NOON)
        with pytest.raises(InvalidInputError):
            desk.fail("nobody", ConsentOrigin.BOUNCE, NOON)
        assert desk.reasons == []

    def test_keys_that_were_rotated_are_recognised(self, desk: Desk) -> None:
        desk.say(NO, NOON, API)
        desk.company.keys = ("a newer key that is long", *desk.company.keys)
        assert desk.reasons == ["denied"]
        desk.say(YES, NOON + days(1))
        assert desk.is_granted


class TestErasure:
    def test_consent_goes_and_a_suppression_stays(self, desk: Desk) -> None:
        desk.say(YES, NOON - days(2))
        desk.say(NO, NOON - days(1), API)
        report = desk.company.erase()
        assert report["erased_rows"]["consents"] == 2
        assert desk.holding["history"] == desk.holding["current"] == []
        assert desk.reasons == ["erased"]

    def test_an_import_never_writes_to_them_again(self, desk: Desk) -> None:
        desk.say(YES, NOON - days(2), IMPORT)
        desk.company.erase()
        assert desk.say(YES, NOON - days(2), IMPORT) == 0
        assert desk.holding["history"] == []
        assert desk.say(YES, NOON + days(1), IMPORT) == 1
        assert (desk.is_granted, desk.reasons) == (False, ["erased"])

    def test_a_later_yes_of_the_person_is_heard(self, desk: Desk) -> None:
        desk.company.erase()
        assert desk.say(YES, NOON - minutes(1)) == 0
        assert desk.reasons == ["erased"]
        desk.say(YES, NOON + days(1))
        assert desk.is_granted

    def test_a_bounce_after_it_names_nobody(self, desk: Desk) -> None:
        desk.say(YES, NOON - days(2))
        desk.company.erase()
        desk.fail(ADA, ConsentOrigin.BOUNCE, NOON - minutes(1))
        assert desk.holding["history"] == []
        assert desk.reasons == ["bounce"]
        assert desk.holding["suppressed"][0]["since"] == NOON

    def test_who_was_never_known_is_suppressed_too(self, desk: Desk) -> None:
        desk.company.erase()
        assert desk.reasons == ["erased"]


class TestCustomersAndLeads:
    def test_what_is_put_for_a_customer_holds_for_the_lead(self, desk: Desk) -> None:
        desk.company.submit()
        desk.company.order("o1", NOON - days(1))
        statements = [
            Statement(MARKETING, YES, "By phone."),
            Statement("surveys", NO, occurred_at=NOON - days(1)),
        ]
        put = desk.records.put_customer_consents("customer", statements)
        assert [(each["purpose"], each["state"]) for each in put["current"]] == [
            (MARKETING, YES),
            ("surveys", NO),
        ]
        assert put["history"][-1]["text"] == "By phone."
        assert put["history"][-1]["origin"] == API
        lead = desk.company.export()["lead"]
        assert lead is not None
        assert desk.records.get_lead_consents(lead["lead_id"]) == put
        assert desk.records.get_customer_consents("customer") == put
        again = desk.records.put_lead_consents(lead["lead_id"], [Statement(MARKETING, NO)])
        assert again["suppressed"][0]["reason"] == "denied"

    def test_nobody_without_an_address_consents(self, desk: Desk) -> None:
        desk.company.order("o1", NOON - days(1), email=None, customer_id="shy")
        with pytest.raises(ConflictError):
            desk.records.get_customer_consents("shy")
        with pytest.raises(ConflictError):
            desk.records.put_customer_consents("shy", [Statement(MARKETING, YES)])
        with pytest.raises(NotFoundError):
            desk.records.get_customer_consents("nobody")
        with pytest.raises(NotFoundError):
            desk.records.put_lead_consents("nobody", [Statement(MARKETING, YES)])

    def test_nothing_is_said_in_the_future(self, desk: Desk) -> None:
        desk.company.order("o1", NOON - days(1))
        said = Statement(MARKETING, YES, occurred_at=NOON + minutes(1))
        with pytest.raises(InvalidInputError):
            desk.records.put_customer_consents("customer", [replace(said, purpose="x"), said])
        assert desk.holding["history"] == []
