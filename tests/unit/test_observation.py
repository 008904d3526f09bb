"""What an invocation is called and what it counts."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from succotash.observation import (
    SESSION_NAME_LIMIT,
    Invocation,
    Metric,
    count,
    current_invocation,
    observed,
)


def test_what_is_counted_belongs_to_the_invocation_under_way() -> None:
    with observed("form_intake", "one") as first:
        count(Metric.LEADS)
        count(Metric.ORDERS_RECORDED, 500)
    with observed("form_intake", "two") as second:
        count(Metric.LEADS, 2)

    assert first.counts == {Metric.LEADS: 1, Metric.ORDERS_RECORDED: 500}
    assert second.counts == {Metric.LEADS: 2}


def test_outside_of_an_invocation_nothing_is_counted() -> None:
    count(Metric.LEADS)

    assert current_invocation() is None


def test_nothing_counted_is_no_metric() -> None:
    with observed("event_intake", "one") as invocation:
        count(Metric.ORDERS_REJECTED, 0)

    assert not invocation.counts


def test_an_invocation_that_fails_is_over_too() -> None:
    try:
        with observed("form_intake", "one"):
            raise ValueError
    except ValueError:
        pass

    assert current_invocation() is None


def test_threads_do_not_share_an_invocation() -> None:
    with observed("form_intake", "one"), ThreadPoolExecutor(1) as other:
        assert other.submit(current_invocation).result() is None


@given(st.text(), st.text(max_size=200))
def test_a_session_name_can_be_quoted_whatever_the_event_calls_itself(
    function: str, correlation_id: str
) -> None:
    name = Invocation(function, correlation_id).session_name

    assert len(name.encode()) <= SESSION_NAME_LIMIT
    assert not set(name) & set("'\"\\ ;\n\0")


def test_a_session_name_keeps_an_id_of_api_gateway_and_one_of_eventbridge() -> None:
    request, event = "JKJaXmPLvHcESHA=", "17793124-05d4-b198-2fde-7ededc63b103"

    assert Invocation("retention_analysis", request).session_name.endswith(f":{request}")
    assert Invocation("churn_scoring", event).session_name.endswith(f":{event}")
