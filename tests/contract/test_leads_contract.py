"""What every repository does with leads: merging, history, status, scores and source."""

from dataclasses import replace
from datetime import datetime
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.intake.form_handler import FormHandler
from succotash.domain.leads.leads import (
    Lead,
    LeadQuery,
    LeadScore,
    LeadStatus,
    ScoredLead,
    ScorePoint,
    StatusChange,
    require_legal_step,
)
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import After, Json, LeadId
from succotash.errors import IllegalTransitionError, NotFoundError
from tests.builders import (
    NOON,
    a_lead,
    a_score,
    an_order,
    at,
    days,
)
from tests.contract.conftest import NewStorage
from tests.contract.paging import all_pages
from tests.strategies import MODEST, instants


def lead_ids(leads: list[Lead]) -> list[str]:
    return [lead.lead_id for lead in leads]


def scored_ids(leads: list[ScoredLead]) -> list[str]:
    return [each.lead.lead_id for each in leads]


class TestLeads:
    def test_a_new_lead_comes_back_as_it_was_saved(self, forms: FormRepository) -> None:
        lead = Lead(
            LeadId("lead"),
            "Ada@Example.COM",
            "ada@example.com",
            at("2024-01-01T00:00:00.000001"),
            at("2024-01-02T00:00:00.000002"),
            first_name="Ada",
            last_name="",
            company="Größe & Söhne",
            phone="+493012345",
            answers={"wishes": ["a", {"b": None}]},
            status=LeadStatus.CONTACTED,
            source="google",
            campaign="spring",
            submission_count=3,
        )
        assert forms.save_lead(lead) == lead
        assert forms.get_lead(lead.lead_id) == lead
        assert forms.get_lead_by_email("ada@example.com") == lead

    def test_unknown_leads_are_not_found(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.get_lead(LeadId("nowhere"))
        assert caught.value.kind == "lead"
        with pytest.raises(NotFoundError) as caught:
            forms.get_lead_by_email("nobody@example.com")
        assert caught.value.kind == "lead"

    def test_a_lead_with_a_known_email_is_merged(self, forms: FormRepository) -> None:
        first = a_lead(
            "first",
            email="ada@example.com",
            first_at=NOON - days(2),
            last_at=NOON,
            first_name="Ada",
            company="",
            answers={"colour": "red"},
            source="google",
            submission_count=2,
        )
        second = replace(
            a_lead("second", email="ada@example.com"),
            email="ADA@example.com",
            first_submission_at=NOON - days(3),
            last_submission_at=NOON + days(1),
            first_name="Augusta",
            last_name="King",
            company="Analytical Engines",
            phone="+44",
            answers={"colour": "blue", "size": "L"},
            status=LeadStatus.QUALIFIED,
            source="bing",
            campaign="spring",
            submission_count=5,
        )
        forms.save_lead(first)
        merged = forms.save_lead(second)
        assert merged == replace(
            first,
            first_submission_at=NOON - days(3),
            last_submission_at=NOON + days(1),
            last_name="King",
            phone="+44",
            answers={"colour": "red", "size": "L"},
            submission_count=7,
        )
        assert forms.get_lead(LeadId("first")) == merged
        with pytest.raises(NotFoundError):
            forms.get_lead(LeadId("second"))

    def test_an_earlier_submission_of_a_known_lead_keeps_its_range(
        self, forms: FormRepository
    ) -> None:
        forms.save_lead(a_lead(first_at=NOON - days(5), last_at=NOON))
        merged = forms.save_lead(a_lead("late", email="lead@example.com", last_at=NOON - days(1)))
        assert (merged.first_submission_at, merged.last_submission_at) == (NOON - days(5), NOON)

    def test_an_inserted_leads_status_enters_its_history(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead(first_at=NOON - days(1), last_at=NOON))
        forms.save_lead(a_lead("other", email="lead@example.com", status=LeadStatus.QUALIFIED))
        person = forms.find_person("lead@example.com")
        assert person.status_changes == (StatusChange(LeadStatus.NEW, NOON),)

    def test_a_lead_is_tied_to_customers_with_its_email(self, repositories: Repositories) -> None:
        repositories.ltv.record_orders(
            [
                an_order("1", customer_id="a", email="ada@example.com"),
                an_order("1", customer_id="b", email="ada@example.com"),
                an_order("1", customer_id="c", email="bob@example.com"),
                an_order("1", customer_id="d"),
            ]
        )
        repositories.forms.save_lead(a_lead(email="ada@example.com"))
        customers = repositories.ltv.get_customers_by_email("ada@example.com")
        assert [(each.customer_id, each.lead_id) for each in customers] == [
            ("a", "lead"),
            ("b", "lead"),
        ]
        assert repositories.ltv.get_customers_by_email("bob@example.com")[0].lead_id is None

    def test_leads_are_listed_by_last_submission_then_id_descending(
        self, forms: FormRepository
    ) -> None:
        for lead_id, moment in (("a", NOON), ("b", NOON), ("c", NOON + days(1)), ("d", NOON)):
            source = "google" if lead_id == "d" else "direct"
            forms.save_lead(a_lead(lead_id, last_at=moment, source=source))
        assert scored_ids(forms.find_leads(LeadQuery())) == ["c", "d", "b", "a"]
        assert scored_ids(forms.find_leads(LeadQuery(), limit=2)) == ["c", "d"]
        behind = forms.find_leads(LeadQuery(), after=After(NOON, "d"))
        assert scored_ids(behind) == ["b", "a"]
        assert lead_ids(forms.get_leads_by_source("direct")) == ["c", "b", "a"]
        assert lead_ids(forms.get_leads_by_source("direct", limit=1)) == ["c"]
        assert lead_ids(forms.get_leads_by_status(LeadStatus.NEW)) == ["c", "d", "b", "a"]
        assert lead_ids(forms.get_leads_by_status(LeadStatus.NEW, limit=3)) == ["c", "d", "b"]
        assert forms.get_leads_by_status(LeadStatus.CONTACTED) == []

    def test_leads_are_found_by_all_that_is_asked(self, forms: FormRepository) -> None:
        rows = [
            ("unscored", LeadStatus.NEW, "google", None),
            ("low", LeadStatus.NEW, "google", 39),
            ("edge", LeadStatus.NEW, "google", 40),
            ("other", LeadStatus.CONTACTED, "google", 90),
            ("direct", LeadStatus.NEW, "direct", 90),
        ]
        for lead_id, status, source, total in rows:
            forms.save_lead(a_lead(lead_id, status=status, source=source))
            if total is not None:
                forms.save_lead_score(a_score(lead_id, total=total))
        found = forms.find_leads(LeadQuery(LeadStatus.NEW, "google", 40))
        assert found == [
            ScoredLead(forms.get_lead(LeadId("edge")), a_score("edge", total=40)),
        ]
        assert scored_ids(forms.find_leads(LeadQuery(min_score=0))) == [
            "other",
            "low",
            "edge",
            "direct",
        ]
        assert forms.find_leads(LeadQuery(source="google", min_score=91)) == []
        [unscored] = forms.find_leads(LeadQuery(), after=After(NOON, "v"), limit=1)
        assert (unscored.lead.lead_id, unscored.score) == ("unscored", None)

    @MODEST
    @given(rows=st.lists(st.tuples(instants, st.integers(10, 99)), max_size=8))
    def test_pages_of_leads_together_are_the_whole_list(
        self, new_storage: NewStorage, rows: list[tuple[datetime, int]]
    ) -> None:
        forms = new_storage().repositories.forms
        for place, (moment, total) in enumerate(rows):
            forms.save_lead(a_lead(f"lead-{place}", last_at=moment))
            forms.save_lead_score(a_score(f"lead-{place}", total=total))
        pages = all_pages(
            lambda after: forms.find_leads(LeadQuery(min_score=50), limit=2, after=after),
            lambda last: After(last.lead.last_submission_at, last.lead.lead_id),
            at_most=len(rows),
        )
        assert sorted(scored_ids(pages)) == sorted(
            f"lead-{place}" for place, (_, total) in enumerate(rows) if total >= 50
        )
        places = [(each.lead.last_submission_at, each.lead.lead_id) for each in pages]
        assert all(earlier > later for earlier, later in pairwise(places))


class TestStatus:
    def test_a_lead_moves_and_its_history_remembers_when(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        moment = at("2024-06-01T10:00:00.000001")
        moved = forms.update_lead_status(LeadId("lead"), LeadStatus.QUALIFIED, moment)
        assert moved == replace(a_lead(), status=LeadStatus.QUALIFIED)
        assert forms.get_lead(LeadId("lead")) == moved
        assert forms.find_person("lead@example.com").status_changes == (
            StatusChange(LeadStatus.NEW, NOON),
            StatusChange(LeadStatus.QUALIFIED, moment),
        )

    def test_only_a_lead_that_is_there_moves(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.update_lead_status(LeadId("nowhere"), LeadStatus.CONTACTED, NOON)
        assert caught.value.kind == "lead"

    def test_a_closed_lead_can_be_taken_up_again(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        for status in (LeadStatus.CLOSED_LOST, LeadStatus.CONTACTED, LeadStatus.CLOSED_WON):
            assert forms.update_lead_status(LeadId("lead"), status, NOON).status is status

    @pytest.mark.parametrize("wanted", LeadStatus)
    def test_an_illegal_step_changes_nothing(
        self, forms: FormRepository, wanted: LeadStatus
    ) -> None:
        forms.save_lead(a_lead(status=LeadStatus.PROPOSAL))
        try:
            require_legal_step(LeadStatus.PROPOSAL, wanted)
        except IllegalTransitionError:
            with pytest.raises(IllegalTransitionError):
                forms.update_lead_status(LeadId("lead"), wanted, NOON)
            assert forms.get_lead(LeadId("lead")).status is LeadStatus.PROPOSAL
            assert len(forms.find_person("lead@example.com").status_changes) == 1
        else:
            assert forms.update_lead_status(LeadId("lead"), wanted, NOON).status is wanted


class TestScores:
    def test_a_score_comes_back_as_the_same_ledger(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        score = LeadScore(
            LeadId("lead"),
            (
                ScorePoint("profile", "größe", 30, "„Konzern“"),
                ScorePoint("behaviour", "late", -5, ""),
                ScorePoint("profile", "again", 30, "x"),
            ),
            "B",
            is_hot=True,
            scored_at=at("2024-06-01T10:00:00.000001"),
        )
        forms.save_lead_score(a_score())
        forms.save_lead_score(score)
        stored = forms.get_lead_score(LeadId("lead"))
        assert stored == score
        assert (stored.total, stored.by_category()) == (55, {"profile": 60, "behaviour": -5})

    def test_a_score_needs_its_lead(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.save_lead_score(a_score("nowhere"))
        assert caught.value.kind == "lead"

    def test_a_lead_without_a_score_has_none(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        with pytest.raises(NotFoundError) as caught:
            forms.get_lead_score(LeadId("lead"))
        assert caught.value.kind == "lead score"

    def test_hot_leads_are_open_and_highest_first_then_by_id(self, forms: FormRepository) -> None:
        rows = [
            ("c", LeadStatus.NEW, 80, True),
            ("b", LeadStatus.NEGOTIATION, 80, True),
            ("a", LeadStatus.NEW, 75, True),
            ("won", LeadStatus.CLOSED_WON, 99, True),
            ("lost", LeadStatus.CLOSED_LOST, 99, True),
            ("cold", LeadStatus.NEW, 99, False),
        ]
        for lead_id, status, total, is_hot in rows:
            forms.save_lead(a_lead(lead_id, status=status))
            forms.save_lead_score(a_score(lead_id, total=total, is_hot=is_hot))
        forms.save_lead(a_lead("unscored"))
        hot = forms.get_hot_leads()
        assert scored_ids(hot) == ["b", "c", "a"]
        assert hot[0].score == a_score("b", total=80, is_hot=True)
        assert scored_ids(forms.get_hot_leads(limit=1)) == ["b"]


BY_SEARCH = {"referrer": "https://www.google.com/search"}


class TestSource:
    @pytest.mark.parametrize(
        ("sent", "source", "campaign"),
        [
            ({"utm_source": "Partner", "gclid": "x"} | BY_SEARCH, "partner", None),
            ({"gclid": "x"} | BY_SEARCH, "google", None),
            ({"fbclid": "x", "gclid": "y"}, "google", None),
            ({"fbclid": "x"}, "facebook", None),
            ({"msclkid": "x"}, "bing", None),
            ({"ttclid": "x"}, "tiktok", None),
            ({"li_fat_id": "x", "campaign_id": "7"}, "linkedin", "7"),
            ({"li_fat_id": "x", "campaign_id": "7", "utm_campaign": "May"}, "linkedin", "May"),
            ({"gclid": "  "} | BY_SEARCH, "www.google.com", None),
            ({"click_id": "x"} | BY_SEARCH, "www.google.com", None),
            ({"click_id": "x"}, "direct", None),
            ({"referrer": "no address"}, "direct", None),
        ],
    )
    def test_where_a_lead_came_from_is_told_by_what_came_along(
        self, sent: dict[str, Json], source: str, campaign: str | None, storage: Storage
    ) -> None:
        ids = count()
        forms = FormHandler(storage, lambda: NOON, lambda: f"id-{next(ids)}")

        receipt = forms.submit_form({"email": "ada@example.com"} | sent)

        lead = forms.get_lead(str(receipt["lead_id"]))
        assert (lead["source"], lead["campaign"], lead["answers"]) == (source, campaign, {})
        stored = forms.get_submission(receipt["submission_id"])
        assert stored["source"] == source
        assert stored["answers"] == {"email": "ada@example.com"}
        assert stored["attribution"] == {
            name: str(value) for name, value in sent.items() if str(value).strip()
        }
