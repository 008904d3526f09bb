"""Totals and readings of campaigns, of rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.effect import Finding
from succotash.domain.campaigns.estimates import Estimate
from succotash.domain.campaigns.readings import (
    LookReading,
    LookTold,
    LookTotals,
    segment_name,
)
from succotash.domain.campaigns.totals import ArmTotals, GroupTotals
from succotash.domain.values import Json
from succotash.infrastructure.rows.row import Row

_COUNTS = frozenset({"members", "b"})


def look_totals_of(rows: Iterable[Row], looks: int) -> list[LookTotals]:
    """The totals of each of so many looks, from one row for each look, arm and segment."""
    everybody = [ArmTotals()] * looks
    segments: list[dict[str, ArmTotals]] = [defaultdict(ArmTotals) for _ in range(looks)]
    for row in rows:
        place, totals = row["look"], _group_of({name: row[name] for name in _NAMES})
        if row["segment_by"] is None:
            everybody[place] = _with(everybody[place], row["arm"], totals)
        elif row["segment"] is not None:
            name = segment_name(row["segment_by"], row["segment"])
            segments[place][name] = _with(segments[place][name], row["arm"], totals)
    return [
        LookTotals(both, dict(sorted(own.items())))
        for both, own in zip(everybody, segments, strict=True)
    ]


def look_reading_of(row: Row) -> LookReading:
    """A look as it was first read."""
    document = row.json("totals")
    return LookReading(
        row["look"],
        row.instant("read_at"),
        LookTotals(
            _arms_of(document["everybody"]),
            {name: _arms_of(found) for name, found in sorted(document["segments"].items())},
        ),
        None if row["told"] is None else _told_of(row.json("told")),
    )


def look_told_document(told: LookTold | None) -> dict[str, Json] | None:
    """The published result of a look as its column holds it; None if it is not known."""
    if told is None:
        return None
    found = told.incremental_revenue
    return {
        "finding": told.finding.value,
        "incremental_revenue": None
        if found is None
        else {"value": found.value, "low": found.low, "high": found.high},
    }


def look_totals_document(totals: LookTotals) -> dict[str, Json]:
    """Totals as their column holds them; sums of 0 are left out."""
    return {
        "everybody": _arms_document(totals.everybody),
        "segments": {name: _arms_document(found) for name, found in totals.segments.items()},
    }


_NAMES = tuple(each.name for each in fields(GroupTotals))


def _told_of(document: Mapping[str, Any]) -> LookTold:
    found = document["incremental_revenue"]
    return LookTold(
        Finding(document["finding"]),
        None
        if found is None
        else Estimate(float(found["value"]), float(found["low"]), float(found["high"])),
    )


def _with(arms: ArmTotals, arm: str, totals: GroupTotals) -> ArmTotals:
    if arm == Arm.TREATMENT:
        return replace(arms, treatment=totals)
    return replace(arms, holdout=totals)


def _group_of(found: Mapping[str, Any]) -> GroupTotals:
    sums: dict[str, Any] = {
        name: int(value) if name in _COUNTS else float(value) for name, value in found.items()
    }
    return GroupTotals(**sums)


def _arms_of(document: Mapping[str, Mapping[str, float]]) -> ArmTotals:
    return ArmTotals(_group_of(document[Arm.TREATMENT]), _group_of(document[Arm.HOLDOUT]))


def _arms_document(arms: ArmTotals) -> dict[str, Json]:
    def document(group: GroupTotals) -> dict[str, Json]:
        return {name: value for name, value in asdict(group).items() if value}

    return {
        Arm.TREATMENT.value: document(arms.treatment),
        Arm.HOLDOUT.value: document(arms.holdout),
    }
