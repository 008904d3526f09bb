"""Gives people who sign in by the stack's user pool the scopes of their groups.

Cognito calls it before it makes a token of somebody (trigger of version 2_0). Tokens of programs
(client credentials) are made without it. If it fails, Cognito makes no token.
"""

import os
from collections.abc import Collection, Mapping
from typing import Any

VIEWER = frozenset({"ltv:read", "retention:read"})
"""Numbers, and customers by ids that hold nothing personal."""
MARKETER = VIEWER | {"forms:read", "leads:read", "leads:write", "retention:write"}
"""Campaigns, and people who wrote."""
ADMIN = MARKETER | {"forms:write", "people:manage", "events:write", "ltv:write", "scoring:run"}
"""The group with every scope."""
SCOPES_OF_GROUPS: Mapping[str, frozenset[str]] = {
    "viewer": VIEWER,
    "marketer": MARKETER,
    "admin": ADMIN,
}

type Event = dict[str, Any]


def handler(event: Event, context: object) -> Event:  # noqa: ARG001 - as Lambda calls it
    """Answer the event with the scopes to add and to leave out."""
    prefix = os.environ["SCOPE_PREFIX"]
    request = event["request"]
    groups = (request.get("groupConfiguration") or {}).get("groupsToOverride") or ()
    allowed = {prefix + scope for scope in scopes_of(groups)}
    requested = {scope for scope in request.get("scopes") or () if scope.startswith(prefix)}
    event["response"] = {
        "claimsAndScopeOverrideDetails": {
            "accessTokenGeneration": {
                "scopesToAdd": sorted(allowed),
                "scopesToSuppress": sorted(requested - allowed),
            }
        }
    }
    return event


def scopes_of(groups: Collection[str]) -> frozenset[str]:
    """The scopes of members of these groups; unknown groups give none."""
    return frozenset().union(*(SCOPES_OF_GROUPS.get(group, frozenset()) for group in groups))
