"""The body that defines how leads are scored."""

from typing import Annotated

from pydantic import Field

from succotash.domain.leads.scoring import FULL, Category, Criterion, ScoringRule
from succotash.http.fields import LAX, Closed, Line

Points = Annotated[int, Field(ge=1, le=FULL)]
Texts = Annotated[tuple[Line, ...], LAX, Field(max_length=100)]


class ScoringRuleBody(Closed):
    """Points for leads that meet a criterion, and why."""

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,63}$")]
    category: Annotated[Category, LAX]
    criterion: Annotated[Criterion, LAX]
    points: Points
    """Points for a lead that meets the criterion."""
    reason: Line
    fields: Texts = ()
    values: Texts = ()
    at_most: Annotated[int, Field(ge=1, le=FULL)] | None = None
    """The number of submissions after the first that give points; 1 by default."""
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """In how many days after the last submission the points fall to none."""


class GradesBody(Closed):
    """The least total of each grade; below them all stands F."""

    A: Points
    """The least score of grade A, in points from 1 to 100."""
    B: Points
    """The least score of grade B, in points from 1 to 100."""
    C: Points
    """The least score of grade C, in points from 1 to 100."""
    D: Points
    """The least score of grade D, in points from 1 to 100."""

    def totals(self) -> tuple[int, ...]:
        """Best grade first."""
        return (self.A, self.B, self.C, self.D)


class ScoringRulesBody(Closed):
    """The table by which leads are scored, which replaces the one before."""

    rules: Annotated[tuple[ScoringRuleBody, ...], LAX, Field(min_length=1, max_length=50)]
    hot_total: Points
    """The least score of a hot lead, in points from 1 to 100."""
    grades: GradesBody
    replaces: Annotated[int, Field(ge=1)] | None = None
    """The version that it is meant to replace: another one is then not replaced."""

    def scoring_rules(self) -> list[ScoringRule]:
        """The rules themselves."""
        return [
            ScoringRule(
                each.name,
                each.category,
                each.criterion,
                each.points,
                each.reason,
                each.fields,
                each.values,
                each.at_most,
                each.days,
            )
            for each in self.rules
        ]
