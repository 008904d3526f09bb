"""Imports of whole files of orders: how far one has come, and what it could not take."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.value.refunds import RefundWarning
from succotash.errors import Violation

IMPORT_GIVEN_UP_AFTER = timedelta(hours=3)
"""An import that was not begun again for so long is not going on."""


@dataclass(frozen=True, slots=True)
class Position:
    """A position in a file: bytes and lines, both from its beginning."""

    offset: int = 0
    line: int = 0


START = Position()


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that changed nothing, and why. Lines count from 1, a header included."""

    line: int
    violations: tuple[Violation, ...]
    is_conflicting: bool = False
    """It can be read, but contradicts an order recorded before."""

    @property
    def is_skipped(self) -> bool:
        """Whether nothing is wrong with it: its order does not count."""
        return self.violations[0].code.startswith(SKIPPED)


SKIPPED = "skipped_"
"""The beginning of the code of a skipped line; the reason follows."""


def skipped_line(line: int, reason: str) -> RejectedLine:
    """A line of an order that does not count, as tables keep it: among rejected ones."""
    sentence = f"Skipped: {reason.replace('_', ' ')}"
    return RejectedLine(line, (Violation("", f"{SKIPPED}{reason}", sentence),))


@dataclass(frozen=True, slots=True)
class WarnedLine:
    """A line whose refund is recorded, and does not fit what it refunds."""

    line: int
    warning: RefundWarning


WARNING_CODES = [each.value for each in RefundWarning]
"""Codes of violations by which tables tell lines that were warned of from rejected ones."""


def as_rejected(line: WarnedLine) -> RejectedLine:
    """The line as tables store it: among rejected ones, told apart by its violation's code."""
    found = Violation("refund_of", line.warning.value, line.warning.message)
    return RejectedLine(line.line, (found,))


@dataclass(frozen=True, slots=True)
class OrderImport:
    """The progress of the import of one version of one file."""

    import_id: str
    position: Position = START
    """The position up to which everything is in the ledger or rejected."""
    recorded: int = 0
    unchanged: int = 0
    conflicting: int = 0
    rejected: int = 0
    erased: int = 0
    is_finished: bool = False
    """Its result is written, and its rejected lines are kept there only."""
    warned: int = 0
    """Warned lines that were saved with it; they are counted among those recorded, too."""
    replaced: int = 0
    """The number of orders of a shop's file that were known otherwise."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """The number of orders of a shop's file that do not count, by reason."""

    def advanced(
        self,
        position: Position,
        outcomes: Sequence[RecordOutcome],
        rejected: int,
        warned: int = 0,
        skipped: Mapping[str, int] | None = None,
    ) -> "OrderImport":
        """The import after further lines: these outcomes, and so many rejected and warned of."""
        return replace(
            self,
            position=position,
            recorded=self.recorded + outcomes.count(RecordOutcome.RECORDED),
            unchanged=self.unchanged + outcomes.count(RecordOutcome.UNCHANGED),
            conflicting=self.conflicting + outcomes.count(RecordOutcome.CONFLICTING),
            rejected=self.rejected + rejected,
            erased=self.erased + outcomes.count(RecordOutcome.ERASED),
            warned=self.warned + warned,
            replaced=self.replaced + outcomes.count(RecordOutcome.REPLACED),
            skipped=dict(Counter(self.skipped) + Counter(skipped or {})),
        )
