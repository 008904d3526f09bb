"""Campaigns with a known effect through ledger, use cases and the statements of PostgreSQL.

In short: `python -m local.campaigns_through_ledger` simulates as many as the claims deserve.
"""

from collections.abc import Iterator

import pytest

from local.campaigns_through_ledger import SimulatedCompany
from local.simulated_campaigns import KNOWN, LARGE, NOTHING, PLAN, Change
from succotash.domain.campaigns.effect import read_effect
from succotash.infrastructure.postgres.address import settings_of
from succotash.infrastructure.postgres.migrations import migrate
from tests.servers import PostgresServer

MEMBERS = 2_400


@pytest.fixture(scope="module")
def company(postgres_server: PostgresServer) -> Iterator[SimulatedCompany]:
    with postgres_server.new_database() as name:
        url = postgres_server.url(name)
        migrate(url)
        found = SimulatedCompany(settings_of(url), MEMBERS)
        try:
            yield found
        finally:
            found.close()


@pytest.mark.parametrize("change", [NOTHING, KNOWN, LARGE], ids=lambda change: change.name)
def test_what_is_told_follows_from_what_people_did(
    company: SimulatedCompany, change: Change
) -> None:
    told, counted = company.run(change, seed=1)

    effect = read_effect(PLAN, counted)
    if effect.crossed_at is not None:
        stopped_at = PLAN.looks[effect.crossed_at - 1].at
        effect = read_effect(PLAN, counted[: effect.crossed_at], ended_at=stopped_at)
    assert sum(each.members for each in counted) == MEMBERS
    assert (told.finding, told.look) == (effect.finding, effect.look)
    assert effect.is_final
    revenue = effect.everybody.revenue
    assert revenue is not None
    assert (told.low, told.high) == pytest.approx((revenue.low, revenue.high), abs=1e-3)
