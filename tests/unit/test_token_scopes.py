"""Scopes of people who sign in by the stack's user pool."""

from typing import Any

import pytest

from local import sign_in
from tests.events import sample
from token_scopes import SCOPES_OF_GROUPS, handler

PREFIX = "succotash/"
REQUESTED = ["openid", "succotash/forms:write", "succotash/ltv:read"]


@pytest.fixture(autouse=True)
def prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOPE_PREFIX", PREFIX)


def scopes_of_token(groups: list[str] | None, requested: list[str]) -> set[str]:
    """What Cognito makes of the answer."""
    event: dict[str, Any] = sample("token_scopes.sign_in")
    event["request"]["groupConfiguration"]["groupsToOverride"] = groups
    event["request"]["scopes"] = requested
    given = handler(event, None)["response"]["claimsAndScopeOverrideDetails"]
    access = given["accessTokenGeneration"]
    return (set(requested) | set(access["scopesToAdd"])) - set(access["scopesToSuppress"])


@pytest.mark.parametrize("group", SCOPES_OF_GROUPS)
def test_a_member_gets_the_scopes_of_the_group_and_no_other(group: str) -> None:
    own = {PREFIX + scope for scope in SCOPES_OF_GROUPS[group]}
    assert scopes_of_token([group], REQUESTED) == {"openid"} | own


@pytest.mark.parametrize("groups", [None, [], ["strangers"]])
def test_somebody_without_a_group_gets_nothing_that_was_requested(groups: list[str] | None) -> None:
    assert scopes_of_token(groups, REQUESTED) == {"openid"}


def test_who_is_in_two_groups_gets_the_scopes_of_both() -> None:
    both = scopes_of_token(["viewer", "admin"], [])
    assert both == {PREFIX + scope for scope in SCOPES_OF_GROUPS["admin"]}


def test_groups_only_grow_from_viewer_to_admin() -> None:
    assert SCOPES_OF_GROUPS["viewer"] < SCOPES_OF_GROUPS["marketer"] < SCOPES_OF_GROUPS["admin"]


def test_the_development_issuer_gives_its_roles_the_same_scopes() -> None:
    assert SCOPES_OF_GROUPS["viewer"] == sign_in.VIEWER
    assert SCOPES_OF_GROUPS["marketer"] == sign_in.MARKETER
