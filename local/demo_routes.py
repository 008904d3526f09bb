"""Routes of `make run` alone, by which the demo data comes and goes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from http import HTTPStatus

from flask import Flask, Response, jsonify, request

from local.demo import Summary
from succotash.errors import ConflictError

PATH = "/local-demo"

type Alone = Callable[[], AbstractContextManager[None]]
"""Keeps the workers from what comes about in the past, which they would judge by their clock."""
type Admits = Callable[[str], bool]
"""Whether a header Authorization belongs to the developer of this machine."""


def add_demo_routes(
    app: Flask, admits: Admits, alone: Alone, load: Callable[[], Summary], clear: Callable[[], int]
) -> None:
    """Let the demo data be loaded and removed by whom the token admits."""

    def change_demo() -> Response:
        if not admits(request.headers.get("authorization", "")):
            refusal = jsonify(message=HTTPStatus.UNAUTHORIZED.phrase)
            refusal.status_code = HTTPStatus.UNAUTHORIZED
            return refusal
        with alone():
            if request.method == "POST":
                return jsonify(asdict(load()))
            try:
                return jsonify(rows=clear())
            except ConflictError as error:
                status = HTTPStatus.CONFLICT
                refusal = jsonify(title="Conflict", status=status, detail=str(error))
                refusal.status_code = status
                return refusal

    app.add_url_rule(PATH, "change_demo", change_demo, methods=["POST", "DELETE"])
