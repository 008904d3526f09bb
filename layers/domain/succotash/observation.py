"""One invocation: what logs, metrics and the database call it, and what is counted during it."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum

SESSION_NAME_LIMIT = 63
"""Bytes that PostgreSQL keeps of an application_name."""
_OTHERS = re.compile(r"[^A-Za-z0-9_=/+.:-]")


class Metric(StrEnum):
    """The metrics; seconds where the name says so."""

    SUBMISSIONS_ACCEPTED = "SubmissionsAccepted"
    SUBMISSIONS_QUARANTINED = "SubmissionsQuarantined"
    SUBMISSIONS_DUPLICATE = "SubmissionsDuplicate"
    SUBMISSIONS_UNCONFIRMED = "SubmissionsUnconfirmed"
    SUBMISSIONS_REFUSED = "SubmissionsRefused"
    SUBMISSIONS_PARKED = "SubmissionsParked"
    SUBMISSIONS_DISCARDED = "SubmissionsDiscarded"
    LEADS = "Leads"
    ORDERS_RECORDED = "OrdersRecorded"
    ORDERS_UNCHANGED = "OrdersUnchanged"
    ORDERS_CONFLICTING = "OrdersConflicting"
    ORDERS_REJECTED = "OrdersRejected"
    ORDERS_ERASED = "OrdersErased"
    RUN_SECONDS = "RunSeconds"
    RUNS_FINISHED = "RunsFinished"
    CUSTOMERS_SCORED = "CustomersScored"
    WORSE_THAN_SIMPLE = "WorseThanSimple"
    DATABASE_RETRIES = "DatabaseRetries"
    POOL_WAITS = "PoolWaits"
    OUTBOX_SET_ASIDE = "OutboxSetAside"
    MAILS_LIMITED = "MailsLimited"
    MAILS_UNCERTAIN = "MailsUncertain"
    CHALLENGES_PENDING = "ChallengesPending"
    CHALLENGES_UNANSWERED = "ChallengesUnanswered"


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function at work on one event."""

    function: str
    correlation_id: str
    """The event's own id: API Gateway's request, EventBridge's event, the queue's message."""
    counts: Counter[Metric] = field(default_factory=Counter)

    @property
    def session_name(self) -> str:
        """The name of the database's sessions of an invocation, without quotes and spaces."""
        name = f"succotash:{self.function}:{self.correlation_id}"
        return _OTHERS.sub("", name)[:SESSION_NAME_LIMIT]


_current: ContextVar[Invocation | None] = ContextVar("invocation", default=None)


@contextmanager
def observed(function: str, correlation_id: str) -> Iterator[Invocation]:
    """All that happens within, in this thread, belongs to this invocation."""
    invocation = Invocation(function, correlation_id)
    token = _current.set(invocation)
    try:
        yield invocation
    finally:
        _current.reset(token)


def current_invocation() -> Invocation | None:
    """The one that this thread is at work on; None outside of any."""
    return _current.get()


def count(metric: Metric, by: int = 1) -> None:
    """Add to what the current invocation has counted; outside of any, nobody counts."""
    invocation = _current.get()
    if invocation is not None and by:
        invocation.counts[metric] += by
