"""The rules by which leads are scored, and scoring all leads by them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple, NotRequired, TypedDict

from succotash.domain.leads.scoring import GRADES, ScoringRule, ScoringRules, check_scoring
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.value.ledgers import CLOCK_TOLERANCE
from succotash.domain.values import Clock, LeadId
from succotash.errors import ConflictError, InvalidInputError, SuccotashError

SCORED_AT_ONCE = 1_000
"""Leads scored in one transaction: their submissions wait no longer than it takes."""


class ScoringRuleView(TypedDict):
    """A rule of the table."""

    name: str
    category: str
    criterion: str
    points: int
    """Points for a lead that meets the criterion."""
    reason: str
    fields: NotRequired[Sequence[str]]
    values: NotRequired[Sequence[str]]
    at_most: NotRequired[int]
    """The number of submissions after the first that give points; left out without a limit."""
    days: NotRequired[int]
    """In how many days after the last submission the points fall to none; left out otherwise."""


class ScoringRulesView(TypedDict):
    """The table by which leads are scored."""

    version: int
    """Number of the table; each change makes the next one."""
    rules: list[ScoringRuleView]
    hot_total: int
    """The least score of a hot lead, in points from 1 to 100."""
    grades: dict[str, int]
    """The least total of each grade; below them all stands F."""
    made_at: datetime


class RescoringReport(TypedDict):
    """The progress of scoring all leads."""

    as_of: datetime
    rules_version: int
    """Version of the table by which leads were scored."""
    scored: int
    """Leads scored this time; those that had this score already are none of them."""
    is_finished: bool
    """If not, doing it again with the same `as_of` goes on."""


class UnfinishedRescoringError(SuccotashError):
    """Time ran out; doing it again as of the same instant goes on where it stands."""

    def __init__(self) -> None:
        super().__init__("not every lead is scored yet; done again, it goes on where it stands")


class LeadScoring:
    """Keeps the table of rules, and scores leads by it."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def get_rules(self) -> ScoringRulesView:
        """The table as it stands."""
        return scoring_view(self._storage.repositories.leads.get_scoring_rules())

    def put_rules(
        self,
        rules: Sequence[ScoringRule],
        *,
        hot_total: int,
        grade_totals: Sequence[int],
        replaces: int | None = None,
    ) -> ScoringRulesView:
        """Replace the table, in effect for the next submission; other leads wait for `rescore`.

        InvalidInputError names everything that is wrong with it; ConflictError where the version
        in effect is not the one it means to replace, if it says so.
        """
        now = self._clock()
        made = ScoringRules(0, tuple(rules), hot_total, tuple(grade_totals), now)
        if violations := check_scoring(made):
            raise InvalidInputError(violations)

        def work(repositories: Repositories) -> ScoringRules:
            newest = repositories.leads.get_scoring_rules().version
            if replaces not in {None, newest}:
                raise ConflictError("the scoring rules were changed meanwhile")
            numbered = replace(made, version=newest + 1)
            repositories.leads.add_scoring_rules(numbered)
            return numbered

        return scoring_view(self._storage.in_transaction(work))

    def rescore(
        self, as_of: datetime | None = None, *, has_time: Callable[[], bool] = lambda: True
    ) -> RescoringReport:
        """Score every lead that has no score by the present rules as of then, or of later.

        Without `as_of`, as of now. A thousand leads are a transaction; `has_time` is asked before
        each. Doing it again goes on where it ended, and changes nothing once it is finished.
        InvalidInputError for an instant that is still to come.
        """
        now = self._clock()
        moment = now if as_of is None else as_of
        if moment > now + CLOCK_TOLERANCE:
            raise InvalidInputError.of("as_of", "in_the_future", "Must be in the past")
        scored, version, is_finished = 0, 0, False
        after: LeadId | None = None
        while not is_finished and has_time():
            page = self._storage.in_transaction(partial(_score_page, moment, after))
            scored += page.scored
            # A change of the rules meanwhile has everybody scored from the start.
            is_changed = version not in {0, page.rules_version}
            version, after = page.rules_version, None if is_changed else page.last
            is_finished = page.last is None and not is_changed
        return {
            "as_of": moment,
            "rules_version": version,
            "scored": scored,
            "is_finished": is_finished,
        }


class _Page(NamedTuple):
    """The result of scoring some leads; `last` is None on the last page."""

    scored: int
    last: LeadId | None
    rules_version: int


def _score_page(as_of: datetime, after: LeadId | None, repositories: Repositories) -> _Page:
    leads = repositories.leads
    scoring = leads.get_scoring_rules()
    found = leads.lock_leads_to_score(scoring.version, as_of, limit=SCORED_AT_ONCE, after=after)
    if found:
        leads.save_lead_scores([scoring.score(lead, as_of) for lead in found])
    last = found[-1].lead_id if len(found) == SCORED_AT_ONCE else None
    return _Page(len(found), last, scoring.version)


def scoring_view(scoring: ScoringRules) -> ScoringRulesView:
    """Serialised for the API."""
    return {
        "version": scoring.version,
        "rules": [_rule_view(each) for each in scoring.rules],
        "hot_total": scoring.hot_total,
        "grades": dict(zip(GRADES, scoring.grade_totals, strict=True)),
        "made_at": scoring.made_at,
    }


def _rule_view(rule: ScoringRule) -> ScoringRuleView:
    view: ScoringRuleView = {
        "name": rule.name,
        "category": rule.category,
        "criterion": rule.criterion,
        "points": rule.points,
        "reason": rule.reason,
    }
    if rule.fields:
        view["fields"] = rule.fields
    if rule.values:
        view["values"] = rule.values
    if rule.at_most is not None:
        view["at_most"] = rule.at_most
    if rule.days is not None:
        view["days"] = rule.days
    return view
