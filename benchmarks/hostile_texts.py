"""What a form post of combining marks costs, against one of ordinary text of the same size.

Run from the project's root: `python -m benchmarks.hostile_texts`, with the folders of `functions/`
on PYTHONPATH. Posts go through the function's handler, on storage in memory; times of a post are
the best of five.
"""

import json
import logging
import time
from collections.abc import Mapping

from tests.http.gateway import Gateway

POSTS = 5
ABOVE, BELOW = "\u0301", "\u0323"
"""Two marks in the order that has to be turned round, which is the dearest."""
LENGTH = 9_981
FIELDS = ("a", "b", "c")
SENTENCE = "Größere Mengen müßten früher bestellt werden, schöne Grüße aus Österreich. "

FORMS: Mapping[str, Mapping[str, str]] = {
    "ordinary text": dict.fromkeys(FIELDS, (SENTENCE * LENGTH)[:LENGTH]),
    "marks, as they are written": dict.fromkeys(FIELDS, (ABOVE * LENGTH)[:LENGTH]),
    "marks, the wrong way round": dict.fromkeys(
        FIELDS, ABOVE * (LENGTH // 2) + BELOW * (LENGTH - LENGTH // 2)
    ),
    "one text of 64 KB, refused": {"a": ABOVE * 16_000 + BELOW * 16_000},
}


def seconds_of(form: Mapping[str, str]) -> float:
    """Seconds of the fastest post, each to a gateway of its own."""
    body = json.dumps({**form, "email": "ada@example.com"}, ensure_ascii=False).encode()
    seconds = []
    for _ in range(POSTS):
        gateway = Gateway()
        gateway.call("GET", "/health")
        began = time.perf_counter()
        gateway.call(
            "POST",
            "/forms/default/submissions",
            body=body,
            headers={"content-type": "application/json"},
            scopes=None,
        )
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def main() -> None:
    """Print what each form costs, and how many times what ordinary text does."""
    logging.disable()
    ordinary = seconds_of(FORMS["ordinary text"])
    for name, form in FORMS.items():
        taken = seconds_of(form)
        print(f"{name:<28} {taken * 1000:8.1f} ms {taken / ordinary:8.1f} times")


if __name__ == "__main__":
    main()
