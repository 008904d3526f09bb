"""A lead's score is a ledger: every point has its reason, and the points add up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.leads.leads import Lead
from succotash.domain.leads.scoring import (
    DEFAULT_SCORING,
    FULL,
    Category,
    Criterion,
    ScoringRule,
    ScoringRules,
    check_scoring,
)
from succotash.domain.values import Json
from tests.builders import a_lead, at, days

NOW = at("2026-03-01T12:00:00Z")
RECENCY_DAYS = 30


def score(lead: Lead, *rules: ScoringRule) -> dict[str, int]:
    """Points by rule, of these rules or the usual ones."""
    table = replace(DEFAULT_SCORING, rules=rules) if rules else DEFAULT_SCORING
    return {point.rule: point.points for point in table.score(lead, NOW).points}


def a_scoring_rule(criterion: Criterion, **given: object) -> ScoringRule:
    return replace(
        ScoringRule("rule", Category.FIT, criterion, 7, "because"),
        **given,  # type: ignore[arg-type]  # each test names fields of a rule
    )


def test_the_points_add_up_to_the_total_and_each_has_a_reason() -> None:
    found = DEFAULT_SCORING.score(a_lead(company="Acme"), NOW)
    assert found.total == sum(found.by_category().values())
    assert all(point.reason and point.points > 0 for point in found.points)
    assert found.rules_version == DEFAULT_SCORING.version


def test_the_usual_rules_can_give_exactly_a_full_score() -> None:
    assert sum(rule.highest for rule in DEFAULT_SCORING.rules) == FULL
    assert check_scoring(DEFAULT_SCORING) == []
    perfect = a_lead(
        email="ada@acme.example",
        company="Acme",
        first_name="Ada",
        last_name="Lovelace",
        phone="+1",
        answers={"message": "hello"},
        source="google",
        campaign="spring",
        submission_count=9,
        last_at=NOW,
    )
    found = DEFAULT_SCORING.score(perfect, NOW)
    assert (found.total, found.grade, found.is_hot) == (FULL, "A", True)


def test_a_mailbox_that_anybody_gets_says_nothing_about_a_company() -> None:
    private = DEFAULT_SCORING.score(a_lead(email="ada@gmail.com"), NOW)
    company = DEFAULT_SCORING.score(a_lead(email="ada@acme.example"), NOW)
    assert company.total - private.total == 20


def test_recency_fades_and_never_turns_negative() -> None:
    lead = a_lead()
    last = lead.last_submission_at
    fresh = DEFAULT_SCORING.score(lead, last)
    stale = DEFAULT_SCORING.score(lead, last + timedelta(days=RECENCY_DAYS * 10))
    assert fresh.by_category()["recency"] == 10
    assert "recency" not in stale.by_category()


def test_a_clock_behind_the_submission_counts_as_the_same_moment() -> None:
    lead = a_lead()
    early = DEFAULT_SCORING.score(lead, lead.last_submission_at - timedelta(days=2))
    assert early.by_category()["recency"] == 10


@given(
    company=st.none() | st.text(min_size=1),
    phone=st.none() | st.text(min_size=1),
    count=st.integers(1, 50),
    days=st.integers(0, 400),
)
def test_totals_stay_between_0_and_100(
    company: str | None, phone: str | None, count: int, days: int
) -> None:
    lead = a_lead(company=company, phone=phone, submission_count=count)
    found = DEFAULT_SCORING.score(lead, lead.last_submission_at + timedelta(days=days))
    assert 0 <= found.total <= FULL
    assert found.grade == DEFAULT_SCORING.grade_of(found.total)


def rules() -> st.SearchStrategy[ScoringRule]:
    names = st.sampled_from(("company", "phone", "size", "tags"))
    return st.builds(
        ScoringRule,
        name=st.uuids().map(str),
        category=st.sampled_from(Category),
        criterion=st.sampled_from(Criterion),
        points=st.integers(1, 12),
        reason=st.just("because"),
        fields=st.lists(names, min_size=1, max_size=2).map(tuple),
        values=st.lists(st.sampled_from(("large", "google", "42")), min_size=1).map(tuple),
        at_most=st.integers(1, 2),
        days=st.integers(1, 60),
    )


@given(
    table=st.lists(rules(), max_size=4),
    answers=st.dictionaries(
        st.sampled_from(("size", "tags")),
        st.sampled_from(("Large", 42, True, None, ["google", "LARGE"], "", {})),
    ),
    count=st.integers(1, 5),
    silent=st.integers(-3, 100),
    source=st.sampled_from(("direct", "google")),
)
def test_by_any_table_the_points_are_the_total_and_no_rule_gives_more_than_it_may(
    table: list[ScoringRule], answers: dict[str, Json], count: int, silent: int, source: str
) -> None:
    scoring = replace(DEFAULT_SCORING, rules=tuple(table))
    lead = a_lead(
        answers=answers, submission_count=count, last_at=NOW - days(silent), source=source
    )
    found = scoring.score(lead, NOW)
    highest = {rule.name: rule.highest for rule in table}
    assert found.total == sum(point.points for point in found.points)
    assert found.total == sum(found.by_category().values()) <= sum(highest.values())
    assert all(0 < point.points <= highest[point.rule] for point in found.points)
    assert all(point.reason for point in found.points)
    assert found.is_hot == (found.total >= scoring.hot_total)


@pytest.mark.parametrize(
    ("answer", "holds"),
    [("LARGE", True), (" large ", True), (["small", "Large"], True), ("small", False), (7, False)],
)
def test_an_answer_counts_whatever_its_case_and_as_one_of_several(
    answer: Json, *, holds: bool
) -> None:
    rule = a_scoring_rule(Criterion.ANSWER_IS, fields=("size",), values=("Large", "42"))
    assert bool(score(a_lead(answers={"size": answer}), rule)) == holds


@pytest.mark.parametrize("blank", ["", "  ", None, False, [], {}])
def test_a_blank_answer_is_none(blank: Json) -> None:
    lead = a_lead(answers={"size": blank})
    assert not score(lead, a_scoring_rule(Criterion.FIELDS, fields=("size",)))
    assert not score(lead, a_scoring_rule(Criterion.OTHER_ANSWERS))


def test_all_fields_of_a_rule_must_be_filled_in() -> None:
    rule = a_scoring_rule(Criterion.FIELDS, fields=("first_name", "size"))
    assert not score(a_lead(first_name="Ada"), rule)
    assert score(a_lead(first_name="Ada", answers={"size": 0}), rule) == {"rule": 7}


def test_repeats_and_silence_stand_in_the_reason() -> None:
    lead = a_lead(submission_count=3, last_at=NOW - days(1))
    reasons = {each.rule: each.reason for each in DEFAULT_SCORING.score(lead, NOW).points}
    assert reasons["repeat_submissions"] == "came back 2 times"
    assert reasons["last_submission"] == "last wrote 1 day ago"
    fresh = DEFAULT_SCORING.score(a_lead(last_at=NOW), NOW).points
    assert "last wrote today" in [each.reason for each in fresh]


def problems(scoring: ScoringRules) -> set[tuple[str, str]]:
    return {(each.field, each.code) for each in check_scoring(scoring)}


def test_a_table_that_makes_no_sense_is_refused_with_all_that_is_wrong() -> None:
    table = replace(
        DEFAULT_SCORING,
        rules=(
            a_scoring_rule(Criterion.FIELDS),
            a_scoring_rule(Criterion.CAMPAIGN, days=3, points=94),
        ),
        grade_totals=(80, 80, 50, 35),
    )
    assert problems(table) == {
        ("rules.0.fields", "missing"),
        ("rules.1.days", "unknown_field"),
        ("rules.1.name", "repeated"),
        ("rules", "too_many_points"),
        ("grades", "not_falling"),
    }


def test_repeats_count_with_all_they_can_give() -> None:
    repeats = a_scoring_rule(Criterion.REPEATS, points=51, at_most=2)
    assert problems(replace(DEFAULT_SCORING, rules=(repeats,))) == {("rules", "too_many_points")}
