"""Which scoring run rows belong to."""

from succotash.domain.values import RunId
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.connection import Session

_RUN = "SELECT run_id FROM scoring_runs WHERE run_id = :run_id"
_CURRENT_RUN = "SELECT run_id FROM current_run"


def current_run(session: Session) -> RunId:
    """The run that readers see."""
    [row] = session.run(_CURRENT_RUN)
    return RunId(row["run_id"])


def named_run(session: Session, run_id: RunId | None) -> RunId:
    """The run named, or the current one; NotFoundError where the one named does not exist."""
    if run_id is None:
        return current_run(session)
    if not session.run(_RUN, run_id=run_id):
        raise NotFoundError("scoring run")
    return run_id
