"""Counts by name."""


def without_zeros(counts: object) -> dict[str, int]:
    assert isinstance(counts, dict)
    return {key: count for key, count in counts.items() if count}
