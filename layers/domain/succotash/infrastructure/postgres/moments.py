"""The instant, the holdout and the zone that statements over the ledgers are about."""

from datetime import datetime

from succotash.domain.values import instant_text
from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql import statements

_SQL = statements("moments")


def set_as_of(
    session: Session, as_of: datetime, time_zone: str, holdout_until: datetime | None = None
) -> None:
    """Let the transaction's statements judge as of an instant; COPY takes no parameters."""
    session.run(
        _SQL["set_as_of"],
        as_of=instant_text(as_of),
        until=instant_text(max(as_of, holdout_until or as_of)),
        time_zone=time_zone,
    )
