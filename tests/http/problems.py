"""What an answer that is a problem holds."""

from typing import Any

from tests.http.gateway import Answered


def require_problem(answer: Answered, status: int, name: str) -> dict[str, Any]:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json
    assert problem["type"] == f"urn:succotash:problem:{name}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["instance"].startswith("urn:succotash:request:")
    return problem
