"""The instant, the holdout and the zone that statements over the ledgers are about."""

from datetime import datetime

from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql.purchases import SET_MOMENT


def set_moment(
    session: Session, as_of: datetime, time_zone: str, holdout_until: datetime | None = None
) -> None:
    """Let the transaction's statements judge as of an instant; COPY takes no parameters."""
    session.run(
        SET_MOMENT,
        as_of=as_of.isoformat(),
        until=max(as_of, holdout_until or as_of).isoformat(),
        time_zone=time_zone,
    )
