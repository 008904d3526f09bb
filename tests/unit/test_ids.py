"""Identifiers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from uuid import RFC_4122, UUID

from succotash.domain.values import UuidSequence
from tests.builders import NOON


def test_ids_of_one_millisecond_and_of_a_clock_that_goes_back_still_ascend() -> None:
    readings = [NOON, NOON, NOON - timedelta(hours=1), NOON + timedelta(hours=1), NOON]
    ids = UuidSequence(iter(readings).__next__)
    assert all(one < next_one for one, next_one in pairwise([ids() for _ in readings]))


def test_an_id_is_a_version_7_uuid_that_begins_with_its_milliseconds() -> None:
    found = UUID(UuidSequence(lambda: NOON)())
    assert (found.version, found.variant) == (7, RFC_4122)
    assert found.int >> 80 == int(NOON.timestamp() * 1000)


def test_threads_never_get_the_same_id() -> None:
    ids = UuidSequence(lambda: NOON)
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: ids(), range(2000)))
    assert len(set(given)) == len(given)
