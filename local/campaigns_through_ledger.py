"""Campaigns with a known effect on PostgreSQL: dispatched, read at eight looks, stopped.

As `local.simulated_campaigns`, but through ledger and use cases: campaigns are made, activated and
dispatched in eight rounds, orders are recorded, and the answer is read at each look until it
crosses. `python -m local.campaigns_through_ledger` writes the table "ledger" of
`docs/explanation/campaign-effect.md`, or compares it with `--check`. A campaign takes the processor
about two seconds. With `--results FILE` each is also a line of a file, from which it goes on when
it is started again.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from itertools import batched, count
from pathlib import Path

import numpy as np
import pg8000.native
from numpy.typing import NDArray

from local.postgres import local_postgres
from local.simulated_campaigns import (
    DOCUMENT,
    HOLDOUT,
    KNOWN,
    LARGE,
    LOOKS,
    MEMBERS,
    NOTHING,
    PLAN,
    STARTS_AT,
    WINDOW,
    Change,
    population,
    share,
    totals_of,
)
from local.simulation_results import SimulationResults, ToldCampaign
from local.tables import replaced, table
from succotash.application.campaigns.dispatch import CampaignDispatch
from succotash.application.campaigns.effect_views import EffectView
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.retention.retention_handler import RetentionHandler
from succotash.domain.campaigns.alternatives import AudienceField
from succotash.domain.campaigns.audiences import Audience, Condition, Operator, everybody_of
from succotash.domain.campaigns.campaigns import CampaignChange, CampaignStatus
from succotash.domain.campaigns.definition import CampaignDefinition
from succotash.domain.campaigns.effect import Finding
from succotash.domain.campaigns.templates import MessageTemplate
from succotash.domain.campaigns.totals import ArmTotals
from succotash.domain.models.purchases import Array
from succotash.domain.people.erasures import Tombstones
from succotash.domain.value.ledgers import Order
from succotash.domain.values import CampaignId, Currency, CustomerId, Money, OrderId
from succotash.infrastructure.postgres.address import settings_of
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.migrations import migrate
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.storage import PostgresStorage
from succotash.infrastructure.statement_files import load_statements

SQL = load_statements(Path(__file__).parent / "sql" / "simulated_campaigns.sql")
CAMPAIGNS = {NOTHING: 1_000, KNOWN: 1_000, LARGE: 100}
"""The number of campaigns, as many as the table has."""
USD = Currency("USD")
INACTIVE_DAYS = 60
"""After which somebody is of the audience, until the next dispatch."""
DISPATCHED_AT = [STARTS_AT + timedelta(days=10 * number + 5) for number in range(LOOKS)]
RULES = CampaignRules(tombstones=Tombstones(lambda: ("a key for simulated campaigns",)))
SERVER = (
    # Nothing has to survive a power failure.
    "fsync = off",
    "full_page_writes = off",
    "synchronous_commit = off",
    # Tables are as large in each campaign, so that statistics of one plan all of them.
    "autovacuum = off",
    "jit = off",
)
CHUNK = 6
"""Campaigns that one process simulates at a time."""


class SimulatedCompany:
    """A database of people of whom as many become inactive before each of the dispatches."""

    def __init__(self, settings: ConnectionSettings, members: int) -> None:
        self.now = STARTS_AT
        self._members = members
        self._ids = [f"c{number:05d}" for number in range(members)]
        self._rounds = np.arange(members) * LOOKS // members
        self._storage = PostgresStorage(settings, PoolLimits(maximum=1))
        self._database = Database(settings, PoolLimits(maximum=1))
        last_seen = [each.date() - timedelta(days=INACTIVE_DAYS) for each in DISPATCHED_AT]
        self._database.run(
            SQL["add_people"],
            customer_ids=self._ids,
            last_seen_on=[last_seen[each].isoformat() for each in self._rounds],
        )
        self.analyze()

    def analyze(self) -> None:
        """Have statements planned for tables as they are now."""
        self._database.run("ANALYZE")

    def close(self) -> None:
        """Disconnect."""
        self._storage.close()
        self._database.close()

    def run(self, change: Change, seed: int) -> tuple[ToldCampaign, list[ArmTotals]]:
        """The result of a campaign with this effect, and the totals that each look adds.

        The totals are computed from the same outcomes without a ledger.
        """
        random = np.random.default_rng(seed)
        people = population()
        drawn = random.integers(0, len(people.revenue), self._members)
        self._database.run(SQL["clear"])
        self._database.run(
            SQL["foresee"],
            customer_ids=self._ids,
            foreseen=[f"{each:.4f}" for each in people.foreseen[drawn]],
        )
        ids = count()
        parts = self._storage, lambda: self.now, lambda: f"{change.name} {seed} {next(ids)}"
        handler = RetentionHandler(*parts, USD, rules=RULES)
        campaign_id = self._activated(handler)
        dispatch = CampaignDispatch(*parts, RULES)
        for self.now in DISPATCHED_AT:
            self._database.run(SQL["set_as_of"], as_of=self.now)
            dispatch.dispatch(campaign_id)
        rows = self._database.run(SQL["find_held_out"], campaign_id=campaign_id)
        names = {row["customer_id"] for row in rows}
        held_out = np.array([each in names for each in self._ids])
        revenue = self._buy(change, random, people.revenue[drawn], held_out)
        told = self._told(handler, campaign_id)
        added = told["everybody"]["incremental_revenue_per_member"]
        return ToldCampaign(
            change.name,
            seed,
            told["finding"],
            told["look"] or LOOKS,
            None if added is None else float(added["low"]),
            None if added is None else float(added["high"]),
        ), totals_of(revenue, people.foreseen[drawn].round(4), held_out)

    def _activated(self, handler: RetentionHandler) -> CampaignId:
        """The id of a new campaign that is active."""
        self.now = STARTS_AT
        inactive = [
            Audience(Condition(AudienceField.DAYS_INACTIVE, operator, (days,)))
            for operator, days in (
                (Operator.AT_LEAST, INACTIVE_DAYS),
                (Operator.LESS, INACTIVE_DAYS + 10),
            )
        ]
        definition = CampaignDefinition(
            audience=everybody_of(inactive),
            message=MessageTemplate("Come back", "We kept your shelf."),
            holdout_share=HOLDOUT,
            attribution_days=WINDOW // timedelta(days=1),
            looks=tuple(each.at for each in PLAN.looks),
        )
        ends_at = STARTS_AT + timedelta(days=10 * LOOKS)
        made = handler.create_retention_campaign(
            "Come back", ends_at=ends_at, definition=definition
        )
        campaign_id = CampaignId(made["campaign_id"])
        change = CampaignChange({"status": CampaignStatus.ACTIVE})
        handler.update_retention_campaign(campaign_id, change)
        return campaign_id

    def _buy(
        self,
        change: Change,
        random: np.random.Generator,
        revenue: Array,
        held_out: NDArray[np.bool_],
    ) -> Array:
        """Let people buy within their window, as CDNOW's did and the campaign has it; for what."""
        people = population()
        own = revenue * np.where(held_out, 1.0, change.factor)
        more = (~held_out & (random.random(self._members) < change.extra_orders)).nonzero()[0]
        amounts = random.choice(people.amounts, len(more))
        orders = [self._order("own", int(at), own[at]) for at in own.nonzero()[0]]
        orders += [
            self._order("more", int(at), amount) for at, amount in zip(more, amounts, strict=True)
        ]
        self._storage.repositories.ltv.record_orders(orders)
        own[more] += amounts
        return own

    def _order(self, name: str, at: int, amount: float) -> Order:
        return Order(
            CustomerId(self._ids[at]),
            OrderId(f"{name}-{at}"),
            DISPATCHED_AT[self._rounds[at]] + timedelta(days=30),
            Money.of_units(round(amount * 10_000), USD),
        )

    def _told(self, handler: RetentionHandler, campaign_id: CampaignId) -> EffectView:
        """The result published after the first crossing, or after the last look."""
        for look in PLAN.looks:
            self.now = look.at
            if _effect(handler, campaign_id)["crossed_at"] is not None:
                change = CampaignChange({"status": CampaignStatus.COMPLETED})
                handler.update_retention_campaign(campaign_id, change)
                break
        return _effect(handler, campaign_id)


def _effect(handler: RetentionHandler, campaign_id: CampaignId) -> EffectView:
    found = handler.get_campaign_performance(campaign_id)["effect"]
    if found is None:
        raise LookupError("the campaign is not active")
    return found


@contextmanager
def administrator(url: str) -> Iterator[pg8000.native.Connection]:
    """A session of the server's administrator, in which each statement is executed by itself."""
    settings = settings_of(url)
    connection = pg8000.native.Connection(
        settings.user, password=settings.password(), host=settings.host, port=settings.port
    )
    try:
        yield connection
    finally:
        connection.close()


@cache
def company_of(url: str) -> SimulatedCompany:
    """A company of this process on the server with this administrator's URL.

    Its statements are planned for tables as one campaign leaves them.
    """
    name = f"campaigns_{os.getpid()}"
    with administrator(url) as server:
        [[command]] = server.run(SQL["create_database"], database=name)
        server.run(command)
    settings = replace(settings_of(url), database=name)
    migrate(settings)
    company = SimulatedCompany(settings, MEMBERS)
    company.run(NOTHING, 0)
    company.analyze()
    return company


def several(url: str, tasks: Sequence[tuple[Change, int]]) -> list[ToldCampaign]:
    """Campaigns with these effects and seeds, one after another."""
    return [company_of(url).run(change, seed)[0] for change, seed in tasks]


def simulate(wanted: Mapping[Change, int], results: SimulationResults, processes: int) -> None:
    """Simulate the campaigns that have no results yet, those of all effects in turn."""
    population()  # once, before processes are forked
    tasks = [
        (change, seed)
        for seed in range(max(wanted.values()))
        for change, campaigns in wanted.items()
        if seed < campaigns and not results.has(change.name, seed)
    ]
    if not tasks:
        return
    started, done = time.monotonic(), 0
    with (
        tempfile.TemporaryDirectory() as folder,
        local_postgres(Path(folder, "data"), Path(folder, "url")) as url,
        ProcessPoolExecutor(processes) as pool,
    ):
        with administrator(url) as server:
            for setting in SERVER:
                server.run(f"ALTER SYSTEM SET {setting}")
            server.run("SELECT pg_reload_conf()")
        for told in pool.map(partial(several, url), batched(tasks, CHUNK, strict=False)):
            results.add(told)
            done += len(told)
            print(f"{done:,} of {len(tasks):,}, {time.monotonic() - started:.0f} s", flush=True)


def ledger_table(wanted: Mapping[Change, int], results: SimulationResults) -> str:
    """The table of results, by effect."""
    head = ("effect", "campaigns", "called more", "called less", "called more before the last look")
    rows = [row(change, results.of(change.name, range(most))) for change, most in wanted.items()]
    return table((*head, "final interval covers"), rows)


def row(change: Change, told: Sequence[ToldCampaign]) -> tuple[str, ...]:
    """A line of the table."""
    findings = [each.finding for each in told]
    early = [each.finding == Finding.MORE and each.look < LOOKS for each in told]
    return (
        change.name,
        f"{len(told):,}",
        str(findings.count(Finding.MORE)),
        str(findings.count(Finding.LESS)),
        str(sum(early)),
        f"{share(each.covers(change.per_member()) for each in told):.1%}",
    )


def main() -> int:
    """Write the table, or compare it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--campaigns", type=int, help="of each effect")
    arguments.add_argument("--processes", type=int, default=1)
    arguments.add_argument("--results", type=Path, help="a file to go on from, a campaign a line")
    arguments.add_argument("--check", action="store_true", help="write nothing, compare")
    given = arguments.parse_args()
    wanted = CAMPAIGNS if given.campaigns is None else dict.fromkeys(CAMPAIGNS, given.campaigns)
    known, results = DOCUMENT.read_text("utf-8"), SimulationResults(given.results)
    simulate(wanted, results, given.processes)
    text = replaced(known, {"ledger": ledger_table(wanted, results)})
    if not given.check:
        DOCUMENT.write_text(text, "utf-8")
    elif text != known:
        sys.stderr.write(f"{DOCUMENT} is not what campaigns through the ledger come to\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
