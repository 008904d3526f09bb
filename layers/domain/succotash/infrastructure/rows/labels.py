"""The run that rows were read from, on the first of them."""

from collections.abc import Sequence

from succotash.domain.retention.retention import Labelled, RunLabel
from succotash.infrastructure.rows.row import Row


def labelled[T](rows: Sequence[Row], found: T) -> Labelled[T]:
    """What was made of these rows, with the run that the first of them names."""
    first = rows[0]
    label = RunLabel(
        run_id=first["label_run_id"],
        as_of=first.instant("label_as_of"),
        settings=first.json("label_settings"),
        models=first.json("label_models"),
    )
    return Labelled(label, found)
