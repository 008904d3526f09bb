"""What is PostgreSQL's own about orders and values; the contract suite checks the rest."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.ledgers import Order, RecordOutcome
from succotash.domain.values import SHARDS, CustomerId, Shard
from succotash.errors import InvalidInputError, NotFoundError, StorageError
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.ltv import PostgresLTVRepository
from succotash.infrastructure.postgres.storage import PostgresStorage
from tests.builders import NOON, USD, a_value, an_order, days, order_columns, usd, value_columns
from tests.faults.proxy import proxy_to

AWKWARD = "tab\tnewline\nreturn\rbackslash\\N quote'\" ü 🦑 \\t\\\\"
"""What the text format of COPY has to escape, and what it has not."""


@pytest.fixture(scope="module")
def ltv(settings: ConnectionSettings) -> Iterator[PostgresLTVRepository]:
    """Made as the documentation shows."""
    repository = PostgresLTVRepository(
        host=settings.host,
        port=settings.port,
        database=settings.database,
        user=settings.user,
        password=settings.password(),
    )
    yield repository
    repository.close()


def shards_of(ltv: PostgresLTVRepository, customer_id: CustomerId) -> list[Shard]:
    return [
        shard
        for shard in (Shard(index, SHARDS) for index in range(SHARDS))
        if customer_id in ltv.purchase_histories(NOON, "UTC", shard=shard).days.customer_ids
    ]


def test_a_batch_of_orders_is_one_round_trip_once_warm(
    settings: ConnectionSettings, customer_id: CustomerId
) -> None:
    batch = [an_order(f"{place}", customer_id=customer_id) for place in range(500)]
    with proxy_to((settings.host, settings.port)) as proxy:
        storage = PostgresStorage(replace(settings, host="127.0.0.1", port=proxy.port))
        storage.repositories.ltv.record_orders([an_order("warm", customer_id=customer_id)])
        before = proxy.round_trips
        outcomes = storage.repositories.ltv.record_orders(batch)
        taken = proxy.round_trips - before
        storage.close()
    assert outcomes == [RecordOutcome.RECORDED] * 500
    assert taken == 1


def test_a_customers_value_is_read_in_one_round_trip_once_warm(
    settings: ConnectionSettings, customer_id: CustomerId
) -> None:
    with proxy_to((settings.host, settings.port)) as proxy:
        storage = PostgresStorage(replace(settings, host="127.0.0.1", port=proxy.port))
        storage.repositories.ltv.save_customer_ltv(a_value(customer_id))
        storage.repositories.ltv.get_customer_ltv(customer_id)
        before = proxy.round_trips
        storage.repositories.ltv.get_customer_ltv(customer_id)
        taken = proxy.round_trips - before
        storage.close()
    assert taken == 1


def record(ltv: LTVRepository, orders: list[Order]) -> list[RecordOutcome]:
    return ltv.record_orders(orders)


def import_(ltv: LTVRepository, orders: list[Order]) -> list[RecordOutcome]:
    return ltv.import_orders(order_columns(orders))


@pytest.mark.parametrize("add", [record, import_])
def test_an_order_that_another_transaction_adds_meanwhile_is_judged_by_what_that_one_wrote(
    storage: PostgresStorage,
    customer_id: CustomerId,
    add: Callable[[LTVRepository, list[Order]], list[RecordOutcome]],
) -> None:
    ltv = storage.repositories.ltv
    same, other = (an_order(name, customer_id=customer_id) for name in ("same", "other"))
    with ThreadPoolExecutor(1) as elsewhere:
        with storage.transaction() as repositories:
            repositories.ltv.record_orders([same, other])
            waiting = elsewhere.submit(add, ltv, [same, replace(other, amount=usd(99))])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        outcomes = waiting.result(timeout=10)
    assert outcomes == [RecordOutcome.UNCHANGED, RecordOutcome.CONFLICTING]


def test_batches_with_the_same_orders_in_opposite_order_do_not_block_each_other(
    storage: PostgresStorage, customer_id: CustomerId
) -> None:
    batch = [an_order(f"{place}", customer_id=f"{customer_id}-{place}") for place in range(200)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(storage.repositories.ltv.record_orders, [batch, batch[::-1]] * 10))
    counts = [each.count(RecordOutcome.RECORDED) for each in outcomes]
    assert sum(counts) == 200


def test_a_customer_is_in_exactly_one_shard(
    ltv: PostgresLTVRepository, customer_id: CustomerId
) -> None:
    ltv.record_orders([an_order(customer_id=customer_id)])
    assert len(shards_of(ltv, customer_id)) == 1


def test_another_number_of_shards_than_the_partitions_is_refused(
    ltv: PostgresLTVRepository,
) -> None:
    with pytest.raises(InvalidInputError):
        ltv.purchase_histories(NOON, "UTC", shard=Shard(0, SHARDS * 2))


def test_ids_with_any_characters_go_out_and_in_by_copy(
    ltv: PostgresLTVRepository, customer_id: CustomerId
) -> None:
    awkward = CustomerId(f"{customer_id}{AWKWARD}")
    ltv.record_orders([an_order(customer_id=awkward)])
    [shard] = shards_of(ltv, awkward)
    value = a_value(awkward, segment=AWKWARD, run_id=INITIAL_RUN)
    ltv.save_customer_values(INITIAL_RUN, USD, shard, value_columns([value]))
    assert ltv.get_customer_ltv(awkward) == value


def test_replacing_a_shard_leaves_the_others(
    ltv: PostgresLTVRepository, customer_id: CustomerId
) -> None:
    ids = [CustomerId(f"{customer_id}-{place}") for place in range(20)]
    ltv.record_orders([an_order(customer_id=each) for each in ids])
    shard_of = {each: shards_of(ltv, each)[0] for each in ids}
    for shard in set(shard_of.values()):
        values = [a_value(each) for each in ids if shard_of[each] == shard]
        ltv.save_customer_values(INITIAL_RUN, USD, shard, value_columns(values))
    ltv.save_customer_values(INITIAL_RUN, USD, shard_of[ids[0]], value_columns([]))
    with pytest.raises(NotFoundError):
        ltv.get_customer_ltv(ids[0])
    kept = [each for each in ids if shard_of[each] != shard_of[ids[0]]]
    assert [ltv.get_customer_ltv(each).customer_id for each in kept] == kept


def test_a_value_of_another_shard_is_refused(
    ltv: PostgresLTVRepository, customer_id: CustomerId
) -> None:
    ltv.record_orders([an_order(customer_id=customer_id)])
    [own] = shards_of(ltv, customer_id)
    other = Shard((own.index + 1) % SHARDS, SHARDS)
    with pytest.raises(StorageError):
        ltv.save_customer_values(INITIAL_RUN, USD, other, value_columns([a_value(customer_id)]))


def test_a_value_that_cannot_be_sent_costs_nothing_but_the_call(
    ltv: PostgresLTVRepository, customer_id: CustomerId
) -> None:
    ltv.save_customer_ltv(a_value(customer_id))
    columns = value_columns([a_value(customer_id), a_value("\ud800")])
    with pytest.raises(UnicodeEncodeError):
        ltv.save_customer_values(INITIAL_RUN, USD, Shard(0, SHARDS), columns)
    assert ltv.get_customer_ltv(customer_id).customer_id == customer_id


def test_the_zone_of_an_aggregate_does_not_outlast_its_transaction(
    storage: PostgresStorage, customer_id: CustomerId
) -> None:
    late = NOON.replace(hour=23)
    with storage.transaction() as repositories:
        repositories.ltv.record_orders([an_order(customer_id=customer_id, ordered_at=late)])
        for zone, expected in (("Asia/Tokyo", 1), ("UTC", 0)):
            found = repositories.ltv.purchase_histories(late + days(9), zone)
            place = found.days.customer_ids.index(customer_id)
            epoch = (NOON.date() - NOON.date().replace(year=1970, month=1, day=1)).days
            assert found.days.first_day[place] == epoch + expected
        [order] = repositories.ltv.get_orders(customer_id)
    assert order.ordered_at.isoformat() == late.isoformat()
