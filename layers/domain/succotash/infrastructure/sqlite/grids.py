"""Who joined when and came back when, for retention grids."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import cache

from succotash.domain.retention.grids import Conduct, GridOrigin, Occurrence
from succotash.domain.values import Shard
from succotash.infrastructure.sqlite.columns import instant, micros
from succotash.infrastructure.sqlite.connection import Row, Session
from succotash.infrastructure.sqlite.functions import day_of, shard_parameters
from succotash.infrastructure.sqlite.purchases import laid_out_purchases

_BOUGHT = """
SELECT customer_id AS person, ordered_at AS moment, day, net
FROM temp.purchases
ORDER BY customer_id, ordered_at
"""
_DID = """
SELECT customer_id AS person, occurred_at AS moment, local_day(occurred_at, :time_zone) AS day,
       0 AS net
FROM activity_events
WHERE occurred_at <= :as_of
ORDER BY customer_id, occurred_at
"""
_ASKED = """
SELECT lead_id AS person, submitted_at AS moment, local_day(submitted_at, :time_zone) AS day,
       0 AS net
FROM form_submissions
WHERE lead_id IS NOT NULL AND state IN ('accepted', 'duplicate') AND submitted_at <= :as_of
ORDER BY lead_id, submitted_at
"""
_TIED = "SELECT lead_id, customer_id FROM customers WHERE lead_id IS NOT NULL"

_PRESENT = """
SELECT customer_id, day FROM temp.purchases
UNION
SELECT customer_id, local_day(occurred_at, :time_zone)
FROM activity_events
WHERE occurred_at <= :as_of
  AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
"""


def people(
    session: Session, as_of: datetime, time_zone: str
) -> Callable[[GridOrigin], Iterator[Conduct]]:
    """Everybody who joined by an origin at or before an instant; ledgers are read once for all."""
    moment = {"as_of": micros(as_of), "time_zone": time_zone}
    with laid_out_purchases(session, as_of, time_zone):
        bought = _by_person(session.run(_BOUGHT))

    @cache
    def did() -> dict[str, list[Occurrence]]:
        return _by_person(session.run(_DID, **moment))

    def joined_by(origin: GridOrigin) -> Iterator[Conduct]:
        if origin is GridOrigin.PURCHASE:
            for purchases in bought.values():
                yield Conduct(purchases, purchases)
            return
        if origin is GridOrigin.ACTIVITY:
            for customer_id, events in did().items():
                yield Conduct(events, sorted([*events, *bought.get(customer_id, [])]))
            return
        came_back = defaultdict[str, list[Occurrence]](list)
        for row in session.run(_TIED):
            customer_id = row["customer_id"]
            came_back[row["lead_id"]] += did().get(customer_id, []) + bought.get(customer_id, [])
        for lead_id, submissions in _by_person(session.run(_ASKED, **moment)).items():
            yield Conduct(submissions, sorted(came_back[lead_id]))

    return joined_by


def presence(
    session: Session, as_of: datetime, time_zone: str, shard: Shard | None
) -> list[list[date]]:
    """The days with a purchase or activity of each customer of a shard, or of everybody."""
    found = defaultdict[str, list[date]](list)
    with laid_out_purchases(session, as_of, time_zone, shard=shard):
        for row in session.run(
            _PRESENT, as_of=micros(as_of), time_zone=time_zone, **shard_parameters(shard)
        ):
            found[row["customer_id"]].append(day_of(row["day"]))
    return list(found.values())


def _by_person(rows: Iterable[Row]) -> dict[str, list[Occurrence]]:
    found = defaultdict[str, list[Occurrence]](list)
    for row in rows:
        found[row["person"]].append(
            Occurrence(instant(row["moment"]), day_of(row["day"]), row["net"])
        )
    return dict(found)
