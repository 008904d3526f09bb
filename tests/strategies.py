"""Hypothesis strategies for what a storage is given."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.leads import LeadStatus
from succotash.domain.value.ledgers import ActivityEvent, ActivityKind, Order
from succotash.domain.values import Json
from tests.builders import an_event, an_order

MODEST = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Few examples: every one of them needs a storage of its own."""

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
CUSTOMERS = ("ada", "bob", "Zoë", "çelik")
_SPRING = datetime(2024, 3, 30, 20, 0, tzinfo=UTC)
"""Hours before the night in which summer time begins in Berlin."""

zones = st.sampled_from(ZONES)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
"""Any text without lone surrogates and NUL, which no storage takes."""
names = st.text("abcdefgh_", min_size=1, max_size=8)
amounts = st.integers(0, 2_000_000).map(lambda units: Decimal(units).scaleb(-4))
submission_states = st.sampled_from(SubmissionState)
lead_statuses = st.sampled_from(LeadStatus)

instants = st.one_of(
    # Close together: days change within them, in every zone.
    st.integers(0, 10 * 24 * 60).map(lambda minute: _SPRING + timedelta(minutes=minute)),
    # To the microsecond around the change of the clocks.
    st.integers(-2, 2).map(lambda tick: _SPRING + timedelta(hours=5, microseconds=tick)),
    # Months apart.
    st.integers(-400, 400).map(lambda day: _SPRING + timedelta(days=day)),
)

json_values: st.SearchStrategy[Json] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53), 2**53),
        st.integers(-(10**6), 10**6).map(lambda thousandths: thousandths / 1000),
        texts,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
json_objects: st.SearchStrategy[dict[str, Json]] = st.dictionaries(texts, json_values, max_size=4)


@st.composite
def ledgers(draw: st.DrawFn) -> Sequence[Order]:
    """Orders and refunds of a few customers, in any order; some refunds refer to nothing.

    Most refer to something of the same customer, a few to more than it was worth.
    """
    keys = draw(
        st.lists(st.tuples(st.sampled_from(CUSTOMERS), st.integers(1, 8)), max_size=24, unique=True)
    )
    orders = []
    for customer_id, number in keys:
        is_refund = draw(st.integers(0, 2)) == 0
        others = [each for owner, each in keys if owner == customer_id and each != number]
        refunded = (
            st.sampled_from(others) if others and draw(st.integers(0, 3)) > 0 else st.integers(1, 8)
        )
        amount = draw(amounts)
        orders.append(
            an_order(
                f"order-{number}",
                customer_id=customer_id,
                ordered_at=draw(instants),
                amount=-amount if is_refund else amount,
                refund_of=f"order-{draw(refunded)}" if is_refund else None,
            )
        )
    return orders


@st.composite
def activities(draw: st.DrawFn) -> Sequence[ActivityEvent]:
    """Events of a few customers, in any order."""
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(CUSTOMERS), st.integers(1, 12)), max_size=24, unique=True
        )
    )
    events = []
    for customer_id, number in keys:
        kind = draw(st.sampled_from(ActivityKind))
        timed = kind is ActivityKind.SESSION and draw(st.booleans())
        events.append(
            an_event(
                f"event-{number}",
                customer_id=customer_id,
                occurred_at=draw(instants),
                kind=kind,
                name=draw(names) if kind is ActivityKind.CUSTOM else None,
                duration_seconds=draw(st.integers(0, 7200)) / 4 if timed else None,
                interests=tuple(draw(st.lists(names, max_size=3))),
            )
        )
    return events
