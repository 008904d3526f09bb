"""Texts as they are compared: case, spacing and Unicode form do not matter.

Only digests are made of them; what somebody wrote is kept as it was written.
"""

import re
import unicodedata
from itertools import chain
from unicodedata import combining

ANSWER_LIMIT = 10_000
"""The most characters in one answer."""
NON_STARTERS = 30
"""The number of combining marks in a row that the Stream-Safe Text Format allows (UAX #15)."""
MARKS = 3
"""The most that one character is decomposed into (NFKD), besides its letter."""
FEWEST = NON_STARTERS // MARKS + 1
"""Characters that a run of more than NON_STARTERS marks consists of, at least."""
JOINER = "\u034f"
"""COMBINING GRAPHEME JOINER: it is seen nowhere, and ends a run of combining marks."""


def canonical_text(text: str) -> str:
    """The text in NFKC, its case folded, its spacing single; the work grows with its length only.

    Putting a run of combining marks into order takes the square of its length, so longer runs are
    first cut by joiners, as the Stream-Safe Text Format does: no language writes such runs, but
    a text is no more refused for one than for other nonsense. A text that is too long for an
    answer is given back as it is: it is refused, and equals nothing that is kept.
    """
    if len(text) > ANSWER_LIMIT:
        return text
    normal = text if text.isascii() else unicodedata.normalize("NFKC", _stream_safe(text))
    return " ".join(normal.casefold().split())


def _stream_safe(text: str) -> str:
    """The text with a joiner in each run of marks that is too long, and otherwise as it is."""
    distinct = {each: unicodedata.normalize("NFKD", each) for each in set(text)}
    marked = "".join(each for each, parts in distinct.items() if any(map(combining, parts)))
    if not marked or not re.search(f"[{re.escape(marked)}]{{{FEWEST}}}", text):
        return text  # as nearly every text is, in any language
    pieces: list[str] = []
    run = 0
    for part in chain.from_iterable(map(distinct.__getitem__, text)):
        run = run + 1 if combining(part) else 0
        if run > NON_STARTERS:
            pieces.append(JOINER)
            run = 1
        pieces.append(part)
    return "".join(pieces)
