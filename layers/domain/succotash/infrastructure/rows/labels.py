"""The run that rows were read from."""

from collections.abc import Sequence

from succotash.domain.retention.labels import Labelled, RunLabel
from succotash.infrastructure.rows.row import Row


def run_label_of(row: Row) -> RunLabel:
    """The run that a row names."""
    return RunLabel(
        run_id=row["label_run_id"],
        as_of=row.instant("label_as_of"),
        settings=row.json("label_settings"),
        models=row.json("label_models"),
    )


def labelled[T](rows: Sequence[Row], found: T) -> Labelled[T]:
    """The result of these rows, with the run that the first of them names."""
    return Labelled(run_label_of(rows[0]), found)
