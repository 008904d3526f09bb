"""The commands that a deployment's outputs suggest, as curl would send them."""

import shlex
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.http.gateway import Answered, Gateway
from tests.template.stack import text_of, written

HOST = "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"


def tried(gateway: Gateway, output: str) -> Answered:
    """The answer to what an output says to enter."""
    command = text_of(written()["Outputs"][output]["Value"]["Fn::Sub"])
    assert HOST in command
    curl, *words = shlex.split(command.replace(HOST, "https://host"))
    assert curl == "curl"
    method, body, headers = "GET", None, {"accept": "*/*"}
    while len(words) > 1:
        match words.pop(0):
            case "--fail":
                pass
            case "--data":
                method, body = "POST", words.pop(0).encode()
                headers["content-type"] = "application/x-www-form-urlencoded"
            case "--header":
                name, _, value = words.pop(0).partition(": ")
                headers[name.lower()] = value
            case other:
                raise AssertionError(other)
    scopes = ["leads:read"] if headers.get("authorization") == "Bearer $TOKEN" else None
    return gateway.call(method, urlsplit(words[0]).path, body=body, headers=headers, scopes=scopes)


@pytest.mark.parametrize(
    ("output", "status"),
    [("FirstTryHealth", 200), ("SecondTrySubmission", 201), ("ThirdTryLeads", 200)],
)
def test_the_first_commands_are_answered(gateway: Gateway, output: str, status: int) -> None:
    assert tried(gateway, output).status == status


def test_the_lead_of_the_second_command_is_what_the_third_shows(gateway: Gateway) -> None:
    tried(gateway, "SecondTrySubmission")

    assert "ada@example.org" in str(tried(gateway, "ThirdTryLeads").body)


AWS = """#!/bin/sh
[ "$1 $2" = "cognito-idp describe-user-pool-client" ] && echo the-secret
"""
CURL = """#!/bin/sh
case "$*" in
  *"--user the-client:the-secret --data grant_type=client_credentials https://succotash-"*/oauth2/token)
    echo '{"access_token":"a.b-c_d","expires_in":3600,"token_type":"Bearer"}' ;;
esac
"""


def test_the_command_for_a_token_leaves_it_where_the_third_command_looks(tmp_path: Path) -> None:
    for name, program in (("aws", AWS), ("curl", CURL)):
        (tmp_path / name).write_text(program)
        (tmp_path / name).chmod(0o700)
    command, _ = written()["Outputs"]["GetToken"]["Value"]["Fn::Sub"]
    for resource, value in (
        ("${MachineClient}", "the-client"),
        ("${UserPool}", "the-pool"),
        ("${Unique}", "unique"),
        ("${Auth}", "auth"),
        ("${AWS::Region}", "eu-central-1"),
    ):
        command = command.replace(resource, value)
    assert "${" not in command

    done = subprocess.run(  # noqa: S603 - the template's own command
        ["/bin/sh", "-c", f'{command}; printf %s "$TOKEN"'],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "a.b-c_d"
    assert "$TOKEN" in text_of(written()["Outputs"]["ThirdTryLeads"])
