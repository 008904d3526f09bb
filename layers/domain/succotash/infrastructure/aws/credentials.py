"""The credentials that a function has, found without boto3, which takes a second to import."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.error import URLError
from urllib.request import Request, urlopen

from succotash.errors import StorageUnavailableError

ANSWER_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys that sign, and their region."""

    region: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def find_credentials(environment: Mapping[str, str]) -> Credentials:
    """Find the credentials of a Lambda function; elsewhere, those that boto3 finds.

    Lambda gives them in the environment. A function that started from a snapshot asks an address
    for them instead, since they end before its process does. StorageUnavailableError where there
    are none.
    """
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if region and environment.get("AWS_ACCESS_KEY_ID") and environment.get("AWS_SECRET_ACCESS_KEY"):
        return Credentials(
            region,
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN"),
        )
    address = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if region and address:
        return _asked_for(address, environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN"), region)
    return _found_by_boto3(region)


def _asked_for(address: str, authorization: str | None, region: str) -> Credentials:
    headers = {"Authorization": authorization} if authorization else {}
    request = Request(address, headers=headers)  # noqa: S310 - Lambda's own address
    try:
        with urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            found = json.load(answer)
        return Credentials(
            region, found["AccessKeyId"], found["SecretAccessKey"], found.get("Token")
        )
    except (URLError, TimeoutError, ValueError, KeyError, TypeError):
        raise StorageUnavailableError("no credentials to sign a token with") from None


def _found_by_boto3(region: str | None) -> Credentials:
    """From the files and services of a developer's machine or a server."""
    import boto3
    from botocore.exceptions import BotoCoreError

    session = boto3.Session(region_name=region)
    try:
        found = session.get_credentials()
    except BotoCoreError:
        found = None
    if found is None or session.region_name is None:
        raise StorageUnavailableError("no credentials to sign a token with")
    frozen = found.get_frozen_credentials()
    if frozen.access_key is None or frozen.secret_key is None:
        raise StorageUnavailableError("no credentials to sign a token with")
    return Credentials(session.region_name, frozen.access_key, frozen.secret_key, frozen.token)
