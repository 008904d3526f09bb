"""Asks an AWS account about a stack, and what its region offers to a new one."""

import base64
import json
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

ENGINE = "aurora-postgresql"
ENDPOINT_SERVICES = ("secretsmanager", "sqs")
"""The services of the interface endpoints that a stack makes in its own network."""
TIMEOUT = 35.0
"""Seconds for an answer: the API gives up after 30."""


class AccountError(Exception):
    """Why an account cannot be asked, in a sentence."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that is there."""

    name: str
    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]

    @property
    def is_gone(self) -> bool:
        """Whether nothing is left but its name, or it was never begun."""
        return self.status in {"DELETE_COMPLETE", "REVIEW_IN_PROGRESS"}


@dataclass(frozen=True, slots=True)
class Offer:
    """The parameters of a new stack, where its template's defaults are not offered."""

    engine_version: str
    zones: Sequence[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """The response of an address."""

    status: int
    body: str


class Account:
    """An account in one region, by the credentials of the environment."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._session = boto3.Session(region_name=region)

    @cached_property
    def number(self) -> str:
        """The number of the account; AccountError if nobody is signed in."""
        try:
            return self._session.client("sts").get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            raise AccountError(f"No usable AWS credentials: {error}") from None

    def stack(self, name: str) -> Stack | None:
        """The stack of this name, unless there is no trace of one."""
        try:
            [found] = self._session.client("cloudformation").describe_stacks(StackName=name)[
                "Stacks"
            ]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise AccountError(f"CloudFormation refuses: {error}") from None
        return _stack(name, found)

    def resources(self, name: str) -> dict[str, str]:
        """Physical by logical ids of what a stack consists of, without what is deleted."""
        pages = (
            self._session.client("cloudformation")
            .get_paginator("list_stack_resources")
            .paginate(StackName=name)
        )
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages
            for each in page["StackResourceSummaries"]
            if "PhysicalResourceId" in each and each["ResourceStatus"] != "DELETE_COMPLETE"
        }

    def changed_secrets(self, name: str, secrets: Mapping[str, str]) -> dict[str, str]:
        """Versions of a stack's secrets (keys by logical ids), of those that ever had another."""
        resources = self.resources(name)
        client = self._session.client("secretsmanager")
        found: dict[str, str] = {}
        for key, logical_id in secrets.items():
            if logical_id in resources:
                described = client.describe_secret(SecretId=resources[logical_id])
                versions = described["VersionIdsToStages"]
                by_stage = {stage: version for version, all_ in versions.items() for stage in all_}
                if "AWSPREVIOUS" in by_stage:
                    found[key] = by_stage["AWSCURRENT"]
        return found

    def offer(self, wanted: str) -> Offer:
        """The wanted engine version where it is offered, else the latest of its major version.

        With two zones that have everything that a network of the stack's own needs.
        """
        by_version = self._orderable()
        if not by_version:
            raise AccountError(f"{self._region} offers no db.serverless of {ENGINE}")
        version = wanted if wanted in by_version else latest_version(by_version, wanted)
        common = by_version[version] & self._zones_of_endpoints()
        zones = sorted(common)[:2]
        if len(zones) < 2:  # noqa: PLR2004 - a cluster needs two
            raise AccountError(f"{self._region} has no two zones with all that a network needs")
        return Offer(version, zones)

    def snapshots(self, cluster: str) -> list[str]:
        """Names of the snapshots that a deleted cluster left."""
        pages = (
            self._session.client("rds")
            .get_paginator("describe_db_cluster_snapshots")
            .paginate(DBClusterIdentifier=cluster, SnapshotType="manual")
        )
        return [
            each["DBClusterSnapshotIdentifier"]
            for page in pages
            for each in page["DBClusterSnapshots"]
        ]

    def artifacts_bucket(self) -> str | None:
        """The bucket that `sam deploy --resolve-s3` uploads to."""
        managed = self.stack("aws-sam-cli-managed-default")
        return managed.outputs.get("SourceBucket") if managed else None

    def token(self, pool: str, client: str, url: str) -> str:
        """A token with every scope, from the client of a stack's user pool."""
        described = self._session.client("cognito-idp").describe_user_pool_client(
            UserPoolId=pool, ClientId=client
        )
        secret = described["UserPoolClient"]["ClientSecret"]
        basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
        form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
        answer = ask(url, data=form, headers={"authorization": f"Basic {basic}"})
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise AccountError(f"The user pool gives no token: {answer.status} {answer.body}")
        return str(json.loads(answer.body)["access_token"])

    def _orderable(self) -> dict[str, set[str]]:
        pages = (
            self._session.client("rds")
            .get_paginator("describe_orderable_db_instance_options")
            .paginate(Engine=ENGINE, DBInstanceClass="db.serverless")
        )
        found: dict[str, set[str]] = {}
        for page in pages:
            for each in page["OrderableDBInstanceOptions"]:
                zones = {zone["Name"] for zone in each["AvailabilityZones"]}
                found.setdefault(each["EngineVersion"], set()).update(zones)
        return found

    def _zones_of_endpoints(self) -> set[str]:
        names = [f"com.amazonaws.{self._region}.{each}" for each in ENDPOINT_SERVICES]
        details = self._session.client("ec2").describe_vpc_endpoint_services(ServiceNames=names)[
            "ServiceDetails"
        ]
        zones = [set(each["AvailabilityZones"]) for each in details]
        return set.intersection(*zones) if zones else set()


def _stack(name: str, found: "StackTypeDef") -> Stack:
    return Stack(
        name,
        found["StackStatus"],
        {
            each["ParameterKey"]: each.get("ParameterValue", "")
            for each in found.get("Parameters", [])
        },
        {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
    )


def latest_version(versions: Iterable[str], wanted: str) -> str:
    """The latest of the same major version, else the latest before it, else any."""
    major = _number(wanted)[0]
    return max(
        versions,
        key=lambda each: (_number(each)[0] == major, _number(each)[0] < major, _number(each)),
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def ask(url: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask an address, and return errors too; AccountError if nobody answers."""
    request = urllib.request.Request(url, data=data, headers=dict(headers or {}))  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return Answer(answer.status, answer.read().decode())
    except HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode(errors="replace"))
    except (URLError, TimeoutError) as error:
        raise AccountError(
            f"{urllib.parse.urlsplit(url).netloc} does not answer: {error}"
        ) from None


def until_ready(
    attempt: Callable[[], Answer],
    *,
    attempts: int = 6,
    pause: float = 15.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """The first answer that is no 5xx, or the last one: a new cluster wakes, a name spreads."""
    for left in reversed(range(attempts)):
        try:
            answer = attempt()
        except AccountError:
            if not left:
                raise
        else:
            if answer.status < 500 or not left:  # noqa: PLR2004 - errors of the server
                return answer
        sleep(pause)
    raise AssertionError(attempts)
