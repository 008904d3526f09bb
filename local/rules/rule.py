"""A business rule, and the evidence that it is obeyed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a rule is obeyed, and where that was seen."""

    is_obeyed: bool
    evidence: str

    @classmethod
    def over(cls, cases: Iterable[tuple[object, bool]], what: str) -> Self:
        """The evidence of named cases, each obeying the rule or not; no cases show nothing."""
        seen = list(cases)
        broken = [name for name, is_obeyed in seen if not is_obeyed]
        if broken:
            told = f"{len(broken):,} of {len(seen):,} {what} break it, such as {broken[0]}"
            return cls(is_obeyed=False, evidence=told)
        return cls(bool(seen), f"{len(seen):,} {what}")


@dataclass(frozen=True, slots=True)
class Rule[T]:
    """A rule, whose it is, and the check that may fail."""

    topic: str
    text: str
    source: str
    """The module, page or paper that it comes from."""
    check: Callable[[T], Verdict]
