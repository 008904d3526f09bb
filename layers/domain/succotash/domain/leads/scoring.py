"""A lead's score: points by a table of rules, each with its reason; the points are the total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from succotash.domain.forms.attribution import DIRECT
from succotash.domain.forms.validation import CONTACT_FIELDS
from succotash.domain.leads.leads import Lead, LeadScore, ScorePoint
from succotash.domain.values import Json, counted
from succotash.errors import Violation

FREE_MAIL = frozenset({
    "aol.com", "gmail.com", "gmx.de", "gmx.net", "hotmail.com", "icloud.com", "live.com",
    "mail.com", "mail.ru", "me.com", "msn.com", "outlook.com", "proton.me", "protonmail.com",
    "web.de", "yahoo.com", "yandex.ru", "zoho.com",
})  # fmt: skip
"""Domains that give a mailbox to anybody, so the address says nothing about a company."""
FULL = 100
"""The highest total: no table of rules can give more."""
LOWEST_GRADE = "F"
GRADES = ("A", "B", "C", "D")
"""The grades that need a least total, best first."""


class Category(StrEnum):
    """The subjects of points."""

    FIT = "fit"
    COMPLETENESS = "completeness"
    SOURCE = "source"
    BEHAVIOUR = "behaviour"
    RECENCY = "recency"


class Criterion(StrEnum):
    """When a rule gives its points."""

    BUSINESS_EMAIL = "business_email"
    """The address is at no domain of FREE_MAIL."""
    FIELDS = "fields"
    """Each of `fields`, contact fields or answers, is filled in."""
    OTHER_ANSWERS = "other_answers"
    """Anything beyond contact fields was answered."""
    ANSWER_IS = "answer_is"
    """One of `fields` has one of `values`, whatever its case; of several choices, one."""
    KNOWN_SOURCE = "known_source"
    SOURCE_IS = "source_is"
    """The source is one of `values`."""
    CAMPAIGN = "campaign"
    REPEATS = "repeats"
    """Points for each submission after the first, up to `at_most` of them."""
    RECENCY = "recency"
    """All points at the last submission, falling in a straight line to none after `days`."""


@dataclass(frozen=True, slots=True)
class ScoringRule:
    """Points for leads that meet a criterion, and why."""

    name: str
    category: Category
    criterion: Criterion
    points: int
    reason: str
    fields: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    at_most: int | None = None
    days: int | None = None

    @property
    def highest(self) -> int:
        """The most points it gives to one lead."""
        return self.points * (self.at_most or 1)

    def point(self, lead: Lead, at: datetime) -> ScorePoint | None:
        """The points that a lead gets by it as of an instant; None for nothing."""
        points, reason, holds = self.points, self.reason, False
        match self.criterion:
            case Criterion.BUSINESS_EMAIL:
                holds = lead.canonical_email.rpartition("@")[2] not in FREE_MAIL
            case Criterion.FIELDS:
                holds = all(_is_filled(_answer(lead, each)) for each in self.fields)
            case Criterion.OTHER_ANSWERS:
                holds = any(map(_is_filled, lead.answers.values()))
            case Criterion.ANSWER_IS:
                wanted = {each.casefold() for each in self.values}
                given = (each for name in self.fields for each in _texts(_answer(lead, name)))
                holds = any(each.casefold() in wanted for each in given)
            case Criterion.KNOWN_SOURCE:
                holds = lead.source != DIRECT
            case Criterion.SOURCE_IS:
                holds = lead.source.casefold() in {each.casefold() for each in self.values}
            case Criterion.CAMPAIGN:
                holds = lead.campaign is not None
            case Criterion.REPEATS:
                repeats = min(lead.submission_count - 1, self.at_most or 1)
                points, reason = points * max(repeats, 0), f"{reason} {counted(repeats, 'time')}"
                holds = points > 0
            case Criterion.RECENCY:
                silent = max((at - lead.last_submission_at).days, 0)
                points = round(points * max(1 - silent / (self.days or 1), 0))
                reason = f"{reason} {f'{counted(silent, "day")} ago' if silent else 'today'}"
                holds = points > 0
        return ScorePoint(self.category, self.name, points, reason) if holds else None


@dataclass(frozen=True, slots=True)
class ScoringRules:
    """A version of the table by which leads are scored."""

    version: int
    """Counts from 1; a change is a version of its own."""
    rules: tuple[ScoringRule, ...]
    hot_total: int
    """The least total of a hot lead."""
    grade_totals: tuple[int, ...]
    """The least total of each of GRADES; below them all stands LOWEST_GRADE."""
    made_at: datetime

    def score(self, lead: Lead, at: datetime) -> LeadScore:
        """The lead's score as of an instant."""
        found = (rule.point(lead, at) for rule in self.rules)
        points = tuple(point for point in found if point is not None)
        total = sum(each.points for each in points)
        is_hot = total >= self.hot_total
        return LeadScore(lead.lead_id, points, self.grade_of(total), is_hot, at, self.version)

    def grade_of(self, total: int) -> str:
        """A to D, or F."""
        graded = zip(GRADES, self.grade_totals, strict=True)
        return next((grade for grade, least in graded if total >= least), LOWEST_GRADE)


DEFAULT_SCORING = ScoringRules(
    version=1,
    rules=(
        ScoringRule("business_email", Category.FIT, Criterion.BUSINESS_EMAIL, 20,
                    "writes from a company's domain"),
        ScoringRule("company", Category.FIT, Criterion.FIELDS, 15,
                    "names a company", fields=("company",)),
        ScoringRule("name", Category.COMPLETENESS, Criterion.FIELDS, 10,
                    "gives a first and a last name", fields=("first_name", "last_name")),
        ScoringRule("phone", Category.COMPLETENESS, Criterion.FIELDS, 10,
                    "gives a phone number", fields=("phone",)),
        ScoringRule("answers", Category.COMPLETENESS, Criterion.OTHER_ANSWERS, 5,
                    "answers more than contact questions"),
        ScoringRule("known_source", Category.SOURCE, Criterion.KNOWN_SOURCE, 10,
                    "came through a known source"),
        ScoringRule("campaign", Category.SOURCE, Criterion.CAMPAIGN, 5,
                    "came through a campaign"),
        ScoringRule("repeat_submissions", Category.BEHAVIOUR, Criterion.REPEATS, 5,
                    "came back", at_most=3),
        ScoringRule("last_submission", Category.RECENCY, Criterion.RECENCY, 10,
                    "last wrote", days=30),
    ),
    hot_total=70,
    grade_totals=(80, 65, 50, 35),
    made_at=datetime(1970, 1, 1, tzinfo=UTC),
)  # fmt: skip
"""The rules that every storage begins with."""

PARAMETERS: Mapping[Criterion, frozenset[str]] = {
    Criterion.FIELDS: frozenset({"fields"}),
    Criterion.ANSWER_IS: frozenset({"fields", "values"}),
    Criterion.SOURCE_IS: frozenset({"values"}),
    Criterion.REPEATS: frozenset({"at_most"}),
    Criterion.RECENCY: frozenset({"days"}),
}
"""The parameters that a criterion needs, besides its points; it takes nothing else."""


def check_scoring(scoring: ScoringRules) -> list[Violation]:
    """All violations of a table of rules."""
    violations = []
    names: set[str] = set()
    for place, rule in enumerate(scoring.rules):
        where = f"rules.{place}"
        if rule.name in names:
            violations.append(Violation(f"{where}.name", "repeated", "Rule names must be unique"))
        names.add(rule.name)
        given = {
            name
            for name, value in (
                ("fields", rule.fields),
                ("values", rule.values),
                ("at_most", rule.at_most),
                ("days", rule.days),
            )
            if value
        }
        needed = PARAMETERS.get(rule.criterion, frozenset())
        violations += [
            Violation(f"{where}.{name}", "missing", f"Required for {rule.criterion}")
            for name in sorted(needed - given)
        ]
        violations += [
            Violation(f"{where}.{name}", "unknown_field", f"Not allowed for {rule.criterion}")
            for name in sorted(given - needed)
        ]
    highest = sum(rule.highest for rule in scoring.rules)
    if highest > FULL:
        sentence = f"Must give at most {FULL} points to a lead, not {highest}"
        violations.append(Violation("rules", "too_many_points", sentence))
    totals = (FULL + 1, *scoring.grade_totals)
    if sorted(set(totals), reverse=True) != list(totals):
        sentence = f"Must decrease from grade to grade, between 0 and {FULL}"
        violations.append(Violation("grades", "not_falling", sentence))
    return violations


def _answer(lead: Lead, name: str) -> Json:
    if name in CONTACT_FIELDS:
        found: str | None = getattr(lead, name)
        return found
    return lead.answers.get(name)


def _is_filled(value: Json) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value is not False and value not in ([], {})


def _texts(value: Json) -> Sequence[str]:
    """An answer, or the choices that it consists of, as texts."""
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(value).strip()] if isinstance(value, str | int | float) else []
