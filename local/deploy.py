"""Deploy to AWS by one command, and remove what was deployed: `make deploy`, `make destroy`.

Both take `STACK` and `REGION`, a deployment also `PARAMS="Key=value ..."` and `GUIDED=1`. What
nobody gives stays as the stack has it, or is the template's default.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.aws_account import Account, AccountError, Answer, Stack, ask, until_ready
from local.stack_parameters import ParameterError, Parameters
from local.tokens import write_private
from succotash.infrastructure.private_files import make_private_folder

ROOT = Path(__file__).resolve().parents[1]
KEPT_ANSWERS = Path(".local") / "deploy.json"
SEED = Path(".local") / "seed.db"
BUILT = Path(".aws-sam") / "build" / "template.yaml"
FAILED_CREATIONS = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
DURATION = (
    "A first deployment takes 15 to 25 minutes, most of them for the database; later ones five."
)
LEAD = "email=ada@example.org"

QUESTIONS = (
    ("Currency", "Currency of every order, such as EUR"),
    ("TimeZone", "Time zone of the company, such as Europe/Berlin"),
    ("AlarmEmail", "Address that is told of alarms; empty for none"),
    ("PublicUrl", "Your own domain of the API, as https://...; empty for the API's address"),
    ("DbCapacity", "The most capacity units of the database"),
    ("DbDeletionProtection", "Protect the database against deletion (true or false)"),
    ("LogRetentionDays", "Days that logs are kept"),
)
"""The questions that GUIDED=1 asks besides the stack and its region."""

type Run = Callable[[Sequence[str], Mapping[str, str]], int]
"""Runs a command with these additions to the environment; its exit status."""


class DeployError(Exception):
    """Why nothing is deployed or removed, in a sentence."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A resource that a deleted stack leaves, and the command that removes it too."""

    why: str
    remove: str


KEPT: Mapping[str, Kept] = {
    "ErasureKey": Kept(
        "the key of tombstones: a snapshot is restored with it, or who was erased comes back",
        "aws secretsmanager delete-secret --region {region} --secret-id {id}",
    ),
    "OrderFiles": Kept(
        "files of orders that were not imported yet, and results of imports",
        "aws s3 rb s3://{id} --force",
    ),
    "ParkedSubmissions": Kept(
        "submissions that waited for the database",
        "aws sqs delete-queue --region {region} --queue-url {id}",
    ),
    "ParkedSubmissionFailures": Kept(
        "submissions that could not be stored",
        "aws sqs delete-queue --region {region} --queue-url {id}",
    ),
    "ShopEvents": Kept(
        "events of shops that waited to be recorded",
        "aws sqs delete-queue --region {region} --queue-url {id}",
    ),
    "ShopRequests": Kept(
        "requests of shops' customers about their data that waited for an answer",
        "aws sqs delete-queue --region {region} --queue-url {id}",
    ),
    "ShopEventFailures": Kept(
        "events of shops that could not be recorded",
        "aws sqs delete-queue --region {region} --queue-url {id}",
    ),
}
"""The resources that the template retains, by logical id."""
KEY_VERSIONS: Mapping[str, str] = {
    "FormTokenKeyVersion": "FormTokenKey",
    "ErasureKeyVersion": "ErasureKey",
}
"""Parameters that are versions of a secret, by which CloudFormation sees that it changed."""
SNAPSHOT = Kept(
    "the database as it was",
    "aws rds delete-db-cluster-snapshot --region {region} --db-cluster-snapshot-identifier {id}",
)
DATABASE_LOG = Kept(
    "the log of the database, which no stack owns",
    "aws logs delete-log-group --region {region} --log-group-name /aws/rds/cluster/{id}/postgresql",
)


def run_command(command: Sequence[str], additions: Mapping[str, str]) -> int:
    """Run it in the project's folder, with its output on this terminal."""
    print(f"$ {shlex.join(command)}", flush=True)
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0"} | dict(additions)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603


@dataclass(frozen=True, slots=True)
class Deployer:
    """Deploys one stack of one region, and removes it."""

    name: str
    account: Account
    region: str
    run: Run = run_command
    sleep: Callable[[float], None] = time.sleep
    sam: str = field(default_factory=lambda: str(Path(sys.executable).with_name("sam")))

    def deploy(self, given: dict[str, str]) -> None:
        """Build, deploy, and try the first commands."""
        parameters = Parameters.of_template(ROOT / "template.yaml")
        parameters.check(given)
        before = self._usable_stack()
        chosen = parameters.defaults | (before.parameters if before else {}) | given
        changes = given
        if before is None and _makes_network(chosen):
            offer = self.account.offer(chosen["DbEngineVersion"])
            changes = {"DbEngineVersion": offer.engine_version, **changes}
            if not chosen["Zones"]:
                changes["Zones"] = ",".join(offer.zones)
        if before is not None:
            rotated = self.account.changed_secrets(self.name, KEY_VERSIONS)
            changes = {**_as_before(before.parameters), **rotated, **changes}
        print(f"Stack {self.name} in {self.region}, account {self.account.number}.")
        print(DURATION, flush=True)
        changes |= self._build(chosen)
        self._sam(
            "deploy",
            *("--template-file", str(BUILT), "--stack-name", self.name, "--region", self.region),
            *("--s3-prefix", self.name, "--resolve-s3", "--capabilities", "CAPABILITY_IAM"),
            *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
            *(("--parameter-overrides", *map(_quoted, changes.items())) if changes else ()),
        )
        self._try_out(is_new=before is None)

    def destroy(self, confirm: Callable[[], str]) -> None:
        """Delete the stack; say what stays, why, and how it is removed too."""
        stack = self.account.stack(self.name)
        if stack is None or stack.is_gone:
            raise DeployError(f"There is no stack {self.name} in {self.region}.")
        if stack.parameters.get("DbDeletionProtection") == "true":
            raise DeployError(
                "Its database is protected against deletion. First run: make deploy"
                f" STACK={self.name} REGION={self.region} PARAMS=DbDeletionProtection=false"
            )
        if confirm() != self.name:
            raise DeployError(
                f"Nothing was deleted. To delete {self.name} with its data, type its name, or give"
                f" CONFIRM={self.name}."
            )
        resources = self.account.resources(self.name)
        bucket = self.account.artifacts_bucket()
        uploads = ("--s3-bucket", bucket, "--s3-prefix", self.name) if bucket else ()
        print("It takes up to 40 minutes: Lambda gives back the network's interfaces late.")
        self._sam(
            "delete",
            *("--stack-name", self.name, "--region", self.region, "--no-prompts", *uploads),
        )
        if self.account.stack(self.name) is not None:
            raise DeployError(
                f"The stack {self.name} is not gone; its events in CloudFormation say why."
            )
        self._say_what_is_kept(resources)

    def _usable_stack(self) -> Stack | None:
        stack = self.account.stack(self.name)
        if stack is None or stack.is_gone:
            return None
        if stack.status in FAILED_CREATIONS:
            raise DeployError(
                f"The stack {self.name} is {stack.status} and cannot be updated. First run: make"
                f" destroy STACK={self.name} REGION={self.region}"
            )
        return stack

    def _build(self, chosen: Mapping[str, str]) -> dict[str, str]:
        """Build for what was chosen; the parameters that say what the build holds."""
        architecture = {"ARCHITECTURE": chosen["Architecture"]}
        if chosen["Storage"] != "sqlite":
            self._sam("build", SEED="", **architecture)
            return {}
        self._run([sys.executable, "-m", "local.seed", str(SEED)], {})
        self._sam("build", "--parameter-overrides", "Storage=sqlite", **architecture)
        return {"Seeded": "true"}

    def _sam(self, *arguments: str, **additions: str) -> None:
        self._run([self.sam, *arguments], additions)

    def _run(self, command: Sequence[str], additions: Mapping[str, str]) -> None:
        if status := self.run(command, additions):
            name = " ".join((Path(command[0]).name, *command[1:3]))
            raise DeployError(f"{name} ended with status {status}.")

    def _try_out(self, *, is_new: bool) -> None:
        """Do what the outputs suggest; a submission only where nobody else's leads are."""
        stack = self.account.stack(self.name)
        if stack is None:
            raise DeployError(f"The stack {self.name} is not there after its deployment.")
        api = stack.outputs["ApiUrl"]
        for name, value in stack.outputs.items():
            print(f"{name}: {value}")
        print(
            "\nA database that was just made, or pauses, may take a minute to answer.", flush=True
        )
        self._show(f"{api}/health")
        if is_new:
            self._show(
                f"{api}/forms/default/submissions",
                data=LEAD.encode(),
                headers={"accept": "application/json"},
            )
        if "TokenUrl" not in stack.outputs:
            print("The leads need a token of your own issuer: see the output ThirdTryLeads.")
            return
        outputs = stack.outputs
        token = self.account.token(
            outputs["UserPoolId"], outputs["MachineClientId"], outputs["TokenUrl"]
        )
        self._show(f"{api}/leads", headers={"authorization": f"Bearer {token}"})

    def _show(
        self, url: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        def attempt() -> Answer:
            return ask(url, data=data, headers=headers)

        method = "GET" if data is None else "POST"
        answer = until_ready(attempt, sleep=self.sleep)
        print(f"{method} {url}\n  {answer.status} {answer.body}", flush=True)
        if answer.status >= 400:  # noqa: PLR2004 - errors
            raise DeployError(
                f"{method} {url} failed. The stack stands; its log group and docs/how-to/deploy.md"
                " help to find out why."
            )

    def _say_what_is_kept(self, resources: Mapping[str, str]) -> None:
        left = [(kept, resources[name]) for name, kept in KEPT.items() if name in resources]
        if cluster := resources.get("Database"):
            left += [(SNAPSHOT, each) for each in self.account.snapshots(cluster)]
            left.append((DATABASE_LOG, cluster))
        print(f"\nThe stack {self.name} is gone. Kept, since it cannot be made again:")
        for kept, physical_id in left:
            print(f"- {kept.why}; to remove it:")
            print(f"    {kept.remove.format(id=physical_id, region=self.region)}")


def _as_before(held: Mapping[str, str]) -> dict[str, str]:
    """The parameters of an earlier release, where later ones have another default."""
    earlier = {
        "DbDeletionProtection": "true",
        "DbAdminAuthentication": "password",
        "Egress": "nat" if held.get("InternetAccess") == "true" else "endpoints",
    }
    if "ScoringSchedule" in held:
        earlier["NightlySchedule"] = held["ScoringSchedule"]
    if held.get("SubnetIds"):
        del earlier["Egress"]
    return {name: value for name, value in earlier.items() if name not in held}


def _makes_network(chosen: Mapping[str, str]) -> bool:
    return chosen["Storage"] == "postgres" and not (chosen["DbHost"] or chosen["SubnetIds"])


def _quoted(parameter: tuple[str, str]) -> str:
    """A value as `sam deploy --parameter-overrides` reads it back, whatever is in it."""
    name, value = parameter
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'


def guided(
    kept: Mapping[str, str],
    current: Callable[[str, str], Mapping[str, str]],
    read: Callable[[str], str],
) -> tuple[str, str, dict[str, str]]:
    """Stack, region and parameters as somebody answers; an empty answer leaves what is offered."""

    def asked(question: str, offered: str) -> str:
        return read(f"{question} [{offered}]: ").strip() or offered

    name = asked("Name of the stack", kept["stack"])
    region = asked("Region", kept["region"])
    offered = current(name, region)
    answers = {key: asked(question, offered[key]) for key, question in QUESTIONS}
    return name, region, {key: each for key, each in answers.items() if each != offered[key]}


def main(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    read: Callable[[str], str] = input,
    run: Run = run_command,
    folder: Path = ROOT,
) -> int:
    """Deploy or destroy; 1 with a sentence where that cannot be done."""
    parser = argparse.ArgumentParser(prog="local.deploy")
    parser.add_argument("command", choices=["deploy", "destroy"])
    command = parser.parse_args(arguments).command
    answers = folder / KEPT_ANSWERS
    known: dict[str, str] = json.loads(answers.read_text("utf-8")) if answers.exists() else {}
    name = environment.get("STACK") or known.get("stack", "succotash")
    region = (
        environment.get("REGION")
        or environment.get("AWS_REGION")
        or environment.get("AWS_DEFAULT_REGION")
        or known.get("region", "")
    )
    try:
        given = Parameters.read(environment.get("PARAMS", ""))
        if command == "deploy" and environment.get("GUIDED"):
            name, region, chosen = guided({"stack": name, "region": region}, _offered, read)
            given = chosen | given
            make_private_folder(answers.parent)
            write_private(answers, json.dumps({"stack": name, "region": region}).encode())
        _require_region(region)
        deployer = Deployer(name, Account(region), region, run=run)
        if command == "deploy":
            deployer.deploy(given)
        else:
            confirmed = environment.get("CONFIRM")
            deployer.destroy(lambda: confirmed or _typed(read, f"Type {name} to delete it: "))
    except (DeployError, AccountError, ParameterError) as error:
        print(error, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"AWS refuses: {error}", file=sys.stderr)
        return 1
    return 0


def _typed(read: Callable[[str], str], question: str) -> str:
    """Read a line from the terminal, or nothing without one."""
    try:
        return read(question)
    except EOFError:
        return ""


def _offered(name: str, region: str) -> Mapping[str, str]:
    """The stack's parameters, or the template's defaults."""
    _require_region(region)
    stack = Account(region).stack(name)
    defaults = Parameters.of_template(ROOT / "template.yaml").defaults
    return defaults | (stack.parameters if stack and not stack.is_gone else {})


def _require_region(region: str) -> None:
    if not region:
        raise DeployError("No region is set: make deploy REGION=eu-central-1")
    if region.startswith("cn-"):
        raise DeployError(
            "Regions of China have no Cognito user pools, so CloudFormation refuses it there."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
