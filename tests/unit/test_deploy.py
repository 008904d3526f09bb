"""`make deploy` and `make destroy` with the real sam, on moto's server in the place of AWS."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, override

import boto3
import pytest

from local.aws_account import Account, Stack
from local.deploy import (
    BUILT,
    KEPT,
    KEPT_ANSWERS,
    QUESTIONS,
    Deployer,
    DeployError,
    main,
)
from local.stack_parameters import ParameterError, Parameters
from tests.moto_servers import moto_server
from tests.template.stack import ROOT, written

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")]

REGION = "us-east-1"
PARAMETERS = Parameters.of_template(ROOT / "template.yaml")


@dataclass
class Api:
    """What a deployed stack answers: the API, and the user pool's address for tokens."""

    url: str = ""
    failing: int = 0
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length).decode()
            made.asked.append(f"{self.command} {self.path} {body}".strip())
            token = {"access_token": "the-token"} if self.path == "/oauth2/token" else {}
            may = self.path != "/leads" or self.headers["authorization"] == "Bearer the-token"
            made.failing -= 1
            self.send_response(503 if made.failing >= 0 else 200 if may else 401)
            self.end_headers()
            self.wfile.write(json.dumps(token).encode())

        do_GET = do_POST = answer  # noqa: N815 - as http.server calls them

        @override
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with moto_server() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("SAM_CLI_POLL_DELAY", "0.2")
        # The session of other tests has other credentials, and this one's are not theirs.
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        _let_sam_find_its_bucket()
        yield


def _let_sam_find_its_bucket() -> None:
    """sam makes it by a change set, whose tags moto forgets."""
    template = {
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"SourceBucket": {"Value": {"Ref": "Bucket"}}},
    }
    boto3.client("cloudformation").create_stack(
        StackName="aws-sam-cli-managed-default",
        TemplateBody=json.dumps(template),
        Tags=[{"Key": "ManagedStackSource", "Value": "AwsSamCli"}],
    )


@dataclass
class Workshop:
    """Runs sam, but for its build, whose place a small template takes that moto can make."""

    folder: Path
    api: Api
    pool: str = ""
    client: str = ""
    commands: list[tuple[Sequence[str], Mapping[str, str]]] = field(default_factory=list)
    runs_sam: bool = True
    """Whether it is sam that deploys, which takes its time."""
    is_there: bool = False
    """Whether there is nothing to make, where it is not sam."""

    def run(self, command: Sequence[str], additions: Mapping[str, str]) -> int:
        self.commands.append((command, additions))
        if command[1] == "build":
            built = self.folder / BUILT
            built.parent.mkdir(parents=True, exist_ok=True)
            built.write_text(json.dumps(self.template()))
            return 0
        if not self.runs_sam:
            return self._pretend(command)
        environment = os.environ | {"SAM_CLI_TELEMETRY": "0"} | dict(additions)
        done = subprocess.run(command, cwd=self.folder, env=environment, check=False)  # noqa: S603
        if command[1] == "deploy" and done.returncode == 0:
            self._have_outputs(command[command.index("--stack-name") + 1])
        return done.returncode

    def _pretend(self, command: Sequence[str]) -> int:
        if command[1] == "deploy" and not self.is_there:
            given = command[command.index("--parameter-overrides") + 1 :]
            pairs = [each.split("=", 1) for each in given]
            self.create(
                command[command.index("--stack-name") + 1],
                **{name: json.loads(value) for name, value in pairs},
            )
        return 0

    def create(self, name: str, **parameters: str) -> None:
        """A stack that is there without a deployment."""
        boto3.client("cloudformation").create_stack(
            StackName=name,
            TemplateBody=json.dumps(self.template()),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        )

    def _have_outputs(self, name: str) -> None:
        """moto forgets those of stacks that are made by change sets."""
        held = [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in self.parameters(name).items()
        ]
        client: Any = boto3.client("cloudformation")
        client.update_stack(
            StackName=name, TemplateBody=json.dumps(self.template()), Parameters=held
        )

    def template(self) -> dict[str, Any]:
        names = ["Architecture", "DbEngineVersion", "NightlySchedule", "Storage", "Seeded", "Zones"]
        names += ["DbDeletionProtection", "Currency", "Egress", "DbAdminAuthentication"]
        names += ["FormTokenKeyVersion", "ErasureKeyVersion"]
        outputs = {"ApiUrl": self.api.url}
        if self.pool:
            outputs |= {
                "TokenUrl": f"{self.api.url}/oauth2/token",
                "UserPoolId": self.pool,
                "MachineClientId": self.client,
            }
        declared = {
            name: {"Type": "String", "Default": PARAMETERS.defaults[name]} for name in names
        }
        queue = {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"}
        return {
            "Parameters": declared,
            "Resources": {"ParkedSubmissions": queue},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }

    def main(self, command: str, answers: Sequence[str] = (), **environment: str) -> int:
        given = iter(answers)
        return main(
            [command],
            {"REGION": REGION, **environment},
            read=lambda _: next(given),
            run=self.run,
            folder=self.folder,
        )

    def parameters(self, name: str = "succotash") -> dict[str, str]:
        [stack] = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}

    def sam(self, name: str) -> Sequence[str]:
        [command] = [command for command, _ in self.commands if command[1] == name]
        return command


@pytest.fixture
def workshop(tmp_path: Path, api: Api, aws: None) -> Workshop:  # noqa: ARG001 - the account
    client: Any = boto3.client("cognito-idp")
    pool = client.create_user_pool(PoolName="pool")["UserPool"]["Id"]
    made = client.create_user_pool_client(UserPoolId=pool, ClientName="c", GenerateSecret=True)
    return Workshop(tmp_path, api, pool, made["UserPoolClient"]["ClientId"])


def test_one_command_deploys_with_defaults_and_tries_the_first_commands(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workshop.main("deploy") == 0

    said = capsys.readouterr().out
    assert "15 to 25 minutes" in said
    assert workshop.api.asked == [
        "GET /health",
        "POST /forms/default/submissions email=ada@example.org",
        "POST /oauth2/token grant_type=client_credentials",
        "GET /leads",
    ]
    assert "200" in said
    zones = workshop.parameters()["Zones"].split(",")
    assert len(zones) == 2
    assert all(zone.startswith(REGION) for zone in zones)
    [(build, additions)] = [each for each in workshop.commands if each[0][1] == "build"]
    assert additions == {"ARCHITECTURE": "x86_64", "SEED": ""}
    assert not (workshop.folder / "samconfig.toml").exists()
    assert build[0] == workshop.sam("deploy")[0]


def test_a_later_deployment_keeps_what_was_given_and_makes_no_lead(workshop: Workshop) -> None:
    schedule = "cron(30 2 * * ? *)"
    given = f"Architecture=arm64 NightlySchedule='{schedule}' Zones=us-east-1c,us-east-1d"
    assert workshop.main("deploy", STACK="shop", PARAMS=given) == 0
    workshop.api.asked.clear()
    workshop.commands.clear()

    assert workshop.main("deploy", STACK="shop", PARAMS="Currency=EUR") == 0

    held = workshop.parameters("shop")
    assert (held["NightlySchedule"], held["Zones"]) == (schedule, "us-east-1c,us-east-1d")
    assert (held["Currency"], held["Architecture"]) == ("EUR", "arm64")
    assert {"ARCHITECTURE": "arm64", "SEED": ""} in [each for _, each in workshop.commands]
    assert not [each for each in workshop.api.asked if "submissions" in each]


def test_destroying_removes_all_and_says_what_stays_and_how_that_goes(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workshop.main("deploy") == 0
    assert workshop.main("destroy", ["something"]) == 1
    assert "Nothing was deleted" in capsys.readouterr().err
    assert workshop.parameters()

    assert workshop.main("destroy", ["succotash"]) == 0

    said = capsys.readouterr().out
    assert "submissions that waited for the database" in said
    assert "aws sqs delete-queue --region us-east-1 --queue-url http" in said
    assert workshop.main("destroy", ["succotash"]) == 1
    assert "There is no stack succotash" in capsys.readouterr().err
    uploads = boto3.client("s3")
    for bucket in uploads.list_buckets()["Buckets"]:
        assert not uploads.list_objects_v2(Bucket=bucket["Name"]).get("Contents")


def test_a_protected_database_is_not_destroyed(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    workshop.create("succotash", DbDeletionProtection="true")
    assert workshop.main("destroy", ["succotash"]) == 1
    assert "PARAMS=DbDeletionProtection=false" in capsys.readouterr().err


def test_a_cluster_that_an_earlier_release_protected_stays_so(workshop: Workshop) -> None:
    template = workshop.template() | {"Parameters": {}}
    client: Any = boto3.client("cloudformation")
    client.create_stack(StackName="succotash", TemplateBody=json.dumps(template))
    workshop.runs_sam, workshop.is_there = False, True

    assert workshop.main("deploy") == 0
    assert 'DbDeletionProtection="true"' in workshop.sam("deploy")
    assert workshop.main("deploy", PARAMS="DbDeletionProtection=false") == 0
    last, _ = workshop.commands[-1]
    assert 'DbDeletionProtection="false"' in last


@pytest.mark.parametrize(("internet_access", "egress"), [("true", "nat"), ("false", "endpoints")])
def test_a_stack_of_an_earlier_release_keeps_its_network_administrator_and_schedule(
    workshop: Workshop, internet_access: str, egress: str
) -> None:
    earlier = {"InternetAccess": internet_access, "ScoringSchedule": "cron(1 2 * * ? *)"}
    template = workshop.template() | {"Parameters": {key: {"Type": "String"} for key in earlier}}
    client: Any = boto3.client("cloudformation")
    client.create_stack(
        StackName="succotash",
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": each} for name, each in earlier.items()
        ],
    )
    workshop.runs_sam, workshop.is_there = False, True

    assert workshop.main("deploy") == 0

    given = workshop.sam("deploy")
    assert f'Egress="{egress}"' in given
    assert 'DbAdminAuthentication="password"' in given
    assert 'NightlySchedule="cron(1 2 * * ? *)"' in given


def test_sqlite_is_deployed_with_its_seed(workshop: Workshop) -> None:
    workshop.runs_sam = False
    assert workshop.main("deploy", PARAMS="Storage=sqlite") == 0
    assert workshop.parameters()["Seeded"] == "true"
    assert [command[1:3] for command, _ in workshop.commands[:1]] == [["-m", "local.seed"]]
    assert "Storage=sqlite" in workshop.sam("build")
    assert "SEED" not in workshop.commands[1][1]


def test_a_guided_deployment_asks_ten_things_at_most_and_writes_to_no_tracked_file(
    workshop: Workshop,
) -> None:
    assert 2 + len(QUESTIONS) <= 10
    assert {name for name, _ in QUESTIONS} <= PARAMETERS.declared.keys()
    nothing = [""] * (len(QUESTIONS) - 1)
    workshop.runs_sam = False

    assert workshop.main("deploy", ["shop", "", "EUR", *nothing], GUIDED="1") == 0

    assert workshop.parameters("shop")["Currency"] == "EUR"
    written_files = {each.name for each in workshop.folder.iterdir()}
    assert written_files == {".aws-sam", ".local"}
    kept = json.loads((workshop.folder / KEPT_ANSWERS).read_text())
    assert kept == {"stack": "shop", "region": REGION}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PARAMS": "Foo=bar"}, "Unknown parameter: Foo"),
        ({"PARAMS": "Storage"}, "Key=value"),
        ({"PARAMS": "Storage='x"}, "quotation mark"),
        ({"PARAMS": "Storage=oracle"}, "Storage must be one of postgres, sqlite, memory"),
        ({"PARAMS": "Currency=euro"}, "Currency must match"),
        ({"PARAMS": "MemorySize=1"}, "MemorySize must be between 256 and 10240"),
        ({"PARAMS": "MemorySize=much"}, "MemorySize must be a number"),
        ({"REGION": ""}, "No region is set"),
        ({"REGION": "cn-north-1"}, "China"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_built(
    environment: dict[str, str],
    said: str,
    workshop: Workshop,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert workshop.main("deploy", **environment) == 1
    assert said in capsys.readouterr().err
    assert workshop.commands == []


def test_a_creation_that_failed_is_destroyed_before_another_one() -> None:
    class Failed(Account):
        @override
        def stack(self, name: str) -> Stack:
            return Stack(name, "ROLLBACK_COMPLETE", {}, {})

    with pytest.raises(DeployError, match="make destroy STACK=shop REGION=us-east-1"):
        Deployer("shop", Failed(REGION), REGION).deploy({})


def test_what_is_told_to_be_kept_is_what_the_template_retains() -> None:
    retained = {
        name
        for name, each in written()["Resources"].items()
        if each.get("DeletionPolicy", "").startswith("Retain")
    }
    assert retained == KEPT.keys()


def test_values_with_spaces_and_commas_are_read_as_in_a_shell() -> None:
    text = "MailFrom='Team <a@b.c>' SubnetIds=subnet-1,subnet-2 DbHost="
    assert Parameters.read(text) == {
        "MailFrom": "Team <a@b.c>",
        "SubnetIds": "subnet-1,subnet-2",
        "DbHost": "",
    }
    with pytest.raises(ParameterError):
        Parameters.read("=value")
