"""Rules for leads' scores and scoring everybody by them, on every storage."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import pytest

from succotash.application.intake.form_handler import FormHandler
from succotash.application.leads.scoring import SCORED_AT_ONCE, LeadScoring
from succotash.domain.leads.leads import LeadQuery
from succotash.domain.leads.scoring import (
    DEFAULT_SCORING,
    Category,
    Criterion,
    ScoringRule,
    ScoringRules,
)
from succotash.domain.repositories.leads import LeadRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import LeadId
from succotash.errors import ConflictError, InvalidInputError, NotFoundError
from tests.builders import NOON, a_lead, a_score, at, days, minutes

CAMPAIGN = ScoringRule("campaign", Category.SOURCE, Criterion.CAMPAIGN, 9, "came by a campaign")
OTHER = (
    ScoringRule("size", Category.FIT, Criterion.ANSWER_IS, 40, "größe", ("size",), ("L", "XL")),
    ScoringRule("back", Category.BEHAVIOUR, Criterion.REPEATS, 3, "came back", at_most=4),
    ScoringRule("last", Category.RECENCY, Criterion.RECENCY, 20, "wrote", days=10),
)


def next_table(*rules: ScoringRule, version: int = 2) -> ScoringRules:
    return ScoringRules(version, rules or OTHER, 60, (90, 70, 50, 30), at("2024-05-06T00:00:00.1"))


class TestScoringRules:
    def test_the_default_table_is_there_from_the_start(self, leads: LeadRepository) -> None:
        assert leads.get_scoring_rules() == DEFAULT_SCORING

    def test_the_newest_version_comes_back_as_it_was_added(self, leads: LeadRepository) -> None:
        for version in (2, 3):
            leads.add_scoring_rules(next_table(version=version))
        assert leads.get_scoring_rules() == next_table(version=3)

    @pytest.mark.parametrize("version", [1, 3])
    def test_a_version_follows_the_newest_one(self, leads: LeadRepository, version: int) -> None:
        with pytest.raises(ConflictError):
            leads.add_scoring_rules(next_table(version=version))
        assert leads.get_scoring_rules() == DEFAULT_SCORING

    def test_of_two_that_replace_the_same_version_one_does(self, shared_storage: Storage) -> None:
        meet = threading.Barrier(2)

        def add(_: int) -> bool:
            meet.wait()
            try:
                shared_storage.repositories.leads.add_scoring_rules(next_table())
            except ConflictError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(add, range(2))) == [False, True]


class TestLeadsToScore:
    def test_they_lack_a_score_of_this_version_as_of_then_or_later(
        self, repositories: Repositories
    ) -> None:
        scored = {
            "earlier": a_score("earlier", scored_at=NOON - minutes(1)),
            "just": a_score("just", scored_at=NOON),
            "later": a_score("later", scored_at=NOON + minutes(1)),
        }
        for lead_id in ("unscored", "old version", *scored):
            repositories.forms.save_lead(a_lead(lead_id, email=f"{lead_id[:3]}@example.com"))
        repositories.forms.save_lead_score(a_score("old version", scored_at=NOON))
        for score in scored.values():
            repositories.forms.save_lead_score(replace(score, rules_version=2))
        found = repositories.leads.lock_leads_to_score(2, NOON, limit=9)
        assert [lead.lead_id for lead in found] == ["earlier", "old version", "unscored"]
        behind = repositories.leads.lock_leads_to_score(2, NOON, limit=1, after=LeadId("earlier"))
        assert [lead.lead_id for lead in behind] == ["old version"]

    def test_scores_are_kept_for_the_leads_that_are_there(self, repositories: Repositories) -> None:
        for lead_id in ("a", "b"):
            repositories.forms.save_lead(a_lead(lead_id))
        repositories.forms.save_lead_score(a_score("a", total=90))
        given = [
            replace(a_score(lead_id, total=30), rules_version=7, scored_at=NOON + days(1))
            for lead_id in ("a", "gone", "b")
        ]
        repositories.leads.save_lead_scores(given)
        assert [repositories.forms.get_lead_score(each.lead_id) for each in given[::2]] == (
            given[::2]
        )
        with pytest.raises(NotFoundError):
            repositories.forms.get_lead_score(LeadId("gone"))


class Scoring:
    """Scoring everybody with a clock that the test sets."""

    def __init__(self, storage: Storage) -> None:
        self.now = NOON
        self.storage = storage
        self.service = LeadScoring(storage, lambda: self.now)

    def totals(self) -> dict[str, int | None]:
        found = self.storage.repositories.leads.get_leads_by_id(LeadQuery(), limit=9999)
        return {each.lead.lead_id: each.score.total if each.score else None for each in found}


def has_turns(turns: int) -> Callable[[], bool]:
    left = count(turns, -1)
    return lambda: next(left) > 0


class TestRescoring:
    def test_everybody_is_scored_by_the_rules_in_effect(self, storage: Storage) -> None:
        scoring = Scoring(storage)
        for lead in (a_lead("a", answers={"size": "l"}, submission_count=3), a_lead("b")):
            storage.repositories.forms.save_lead(lead)
        scoring.service.put_rules(OTHER, hot_total=60, grade_totals=(90, 70, 50, 30), replaces=1)
        report = scoring.service.rescore()
        assert (report["scored"], report["is_finished"], report["rules_version"]) == (2, True, 2)
        assert scoring.totals() == {"a": 66, "b": 20}
        assert [each.lead.lead_id for each in storage.repositories.forms.get_hot_leads()] == ["a"]

    def test_recency_decays_by_the_day_and_a_second_time_changes_nothing(
        self, storage: Storage
    ) -> None:
        scoring = Scoring(storage)
        storage.repositories.forms.save_lead(a_lead("a"))
        scoring.service.put_rules(OTHER[2:], hot_total=60, grade_totals=(90, 70, 50, 30))
        seen = []
        for silent in (0, 1, 5, 10):
            scoring.now = NOON + days(silent)
            assert scoring.service.rescore()["scored"] == 1
            assert scoring.service.rescore(scoring.now)["scored"] == 0
            seen.append(scoring.totals()["a"])
        assert seen == [20, 18, 10, 0]

    def test_where_time_runs_out_the_next_time_goes_on(self, storage: Storage) -> None:
        with storage.transaction() as repositories:
            for number in range(SCORED_AT_ONCE + 5):
                repositories.forms.save_lead(a_lead(f"{number:05}"))
        scoring = Scoring(storage)
        first = scoring.service.rescore(has_time=has_turns(1))
        assert (first["scored"], first["is_finished"]) == (SCORED_AT_ONCE, False)
        scoring.now += days(3)
        second = scoring.service.rescore(first["as_of"])
        assert (second["scored"], second["is_finished"]) == (5, True)
        assert None not in scoring.totals().values()

    def test_rules_that_change_meanwhile_hold_for_everybody(self, storage: Storage) -> None:
        with storage.transaction() as repositories:
            for number in range(SCORED_AT_ONCE + 5):
                repositories.forms.save_lead(a_lead(f"{number:05}", campaign="spring"))
        scoring = Scoring(storage)
        turns = count()

        def has_time() -> bool:
            if next(turns) == 1:
                scoring.service.put_rules((CAMPAIGN,), hot_total=60, grade_totals=(9, 8, 7, 6))
            return True

        report = scoring.service.rescore(has_time=has_time)
        assert (report["is_finished"], report["rules_version"]) == (True, 2)
        assert set(scoring.totals().values()) == {9}

    def test_a_submission_that_comes_meanwhile_keeps_its_own_score(
        self, shared_storage: Storage
    ) -> None:
        submitted_at = NOON + minutes(1)
        ids = count()
        forms = FormHandler(shared_storage, lambda: submitted_at, lambda: f"id-{next(ids):04}")
        for number in range(30):
            forms.submit_form({"email": f"{number}@example.com", "n": 0})
        scoring = Scoring(shared_storage)

        def submit(number: int) -> None:
            forms.submit_form({"email": f"{number % 30}@example.com", "n": number + 1})

        with ThreadPoolExecutor(4) as pool:
            again = [pool.submit(submit, number) for number in range(60)]
            for _ in range(10):
                scoring.service.rescore(NOON + minutes(1))
            for each in again:
                each.result()
        found = shared_storage.repositories.leads.get_leads_by_id(LeadQuery(), limit=99)
        assert len(found) == 30
        for scored in found:
            assert scored.lead.submission_count == 3
            assert scored.score == DEFAULT_SCORING.score(scored.lead, submitted_at)

    def test_nobody_is_scored_as_of_the_future(self, storage: Storage) -> None:
        with pytest.raises(InvalidInputError):
            Scoring(storage).service.rescore(NOON + days(1))

    def test_a_table_that_was_replaced_meanwhile_is_not_replaced(self, storage: Storage) -> None:
        service = Scoring(storage).service
        service.put_rules(OTHER, hot_total=60, grade_totals=(9, 8, 7, 6), replaces=1)
        with pytest.raises(ConflictError):
            service.put_rules((CAMPAIGN,), hot_total=60, grade_totals=(9, 8, 7, 6), replaces=1)
        assert service.get_rules()["version"] == 2

    def test_the_next_submission_is_scored_by_the_new_table(self, storage: Storage) -> None:
        Scoring(storage).service.put_rules((CAMPAIGN,), hot_total=9, grade_totals=(9, 8, 7, 6))
        ids = count()
        forms = FormHandler(storage, lambda: NOON, lambda: f"id-{next(ids)}")
        receipt = forms.submit_form({"email": "ada@example.com", "utm_campaign": "spring"})
        score = forms.get_lead(str(receipt["lead_id"]))["score"]
        assert score is not None
        assert (score["total"], score["grade"], score["is_hot"]) == (9, "A", True)
        assert score["points"][0]["reason"] == "came by a campaign"
