"""How functions reach the database, and how it is kept."""

import hashlib
import json
import re

import pytest

from succotash.infrastructure.postgres.migrations import REVISION
from succotash.infrastructure.postgres.migrations.rights import (
    COLUMNS,
    RIGHTS,
    TABLES_OF_THEIR_OWN,
    Kind,
)
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.provisioning import LIMITS, NEWEST, OLDEST
from tests.template.roles import ADMINISTRATOR, database_user, kind_of
from tests.template.stack import (
    deployed_of,
    functions,
    text_of,
    written,
)


@pytest.mark.parametrize(
    "name",
    sorted(functions().keys() - {"Connectors", "Delivery", "SchemaMigration", "TokenScopes"}),
)
def test_a_function_logs_in_as_its_kind_and_waits_for_the_schema(name: str) -> None:
    kind = kind_of(name)
    given = functions()[name]["Environment"]["Variables"]
    assert given["DB_USER"] == {"Fn::Sub": f"${{DbUser}}_{kind}"}
    secret = {"Ref": f"{kind.title()}DatabasePassword"}
    assert given["DB_SECRET_ARN"] == {"Fn::If": ["ByPassword", secret, ""]}
    schema = {"Fn::GetAtt": ["Schema", "Revision"]}
    assert given["DB_REVISION"] == {"Fn::If": ["OnPostgres", schema, ""]}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_reads_no_password_but_its_own(kind: Kind) -> None:
    policy = deployed_of("AWS::IAM::ManagedPolicy")[f"{kind.title()}DatabaseAccess"]
    [statement] = policy["PolicyDocument"]["Statement"]
    condition, by_iam, by_password = statement["Fn::If"]
    assert condition == "ByIam"
    assert text_of(by_iam["Resource"]) == database_user(kind)
    assert by_password["Resource"] == {"Ref": f"{kind.title()}DatabasePassword"}


def test_roles_are_made_anew_where_a_release_changes_what_they_may_do() -> None:
    kept = (
        {table: dict(sorted(kinds.items())) for table, kinds in sorted(RIGHTS.items())},
        {table: dict(sorted(kinds.items())) for table, kinds in sorted(COLUMNS.items())},
        sorted(TABLES_OF_THEIR_OWN),
        sorted(LIMITS.items()),
    )
    digest = hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:16]
    assert deployed_of("Custom::DatabaseSchema")["Schema"]["Rights"] == f"rights-{digest}"


def test_the_schema_is_this_releases_and_made_once_the_database_is_reached() -> None:
    schema = deployed_of("Custom::DatabaseSchema")["Schema"]
    assert schema["Revision"] == REVISION
    given = functions()["SchemaMigration"]["Environment"]["Variables"]
    _, secrets, otherwise = given["DB_ROLE_SECRET_ARNS"]["Fn::If"]
    assert json.loads(secrets["Fn::Sub"]) == {
        kind: f"${{{kind.title()}DatabasePassword}}" for kind in Kind
    }
    assert otherwise == ""


def test_the_cluster_is_encrypted_and_backed_up_and_logs_no_rows() -> None:
    cluster = written()["Resources"]["Database"]
    properties = cluster["Properties"]
    assert cluster["DeletionPolicy"] == cluster["UpdateReplacePolicy"] == "Snapshot"
    for protection in (
        "StorageEncrypted",
        "EnableIAMDatabaseAuthentication",
    ):
        assert properties[protection] is True, protection
    assert properties["BackupRetentionPeriod"] >= 7
    assert properties["ServerlessV2ScalingConfiguration"]["MinCapacity"] == 0
    assert properties["Port"] == {"Ref": "DbPort"}
    assert properties["KmsKeyId"]["Fn::If"][:2] == ["HasDatabaseKey", {"Ref": "DbKmsKeyArn"}]
    parameters = written()["Resources"]["DatabaseParameters"]["Properties"]["Parameters"]
    assert parameters == {
        "rds.force_ssl": "1",
        "log_error_verbosity": "terse",
        "idle_session_timeout": "60000",
    }
    instance = written()["Resources"]["DatabaseInstance"]["Properties"]
    assert instance["PubliclyAccessible"] is False


def test_the_server_closes_what_frozen_functions_hold_after_the_pool_asks_of_it_anyway() -> None:
    parameters = written()["Resources"]["DatabaseParameters"]["Properties"]["Parameters"]
    scaling = written()["Resources"]["Database"]["Properties"]["ServerlessV2ScalingConfiguration"]
    seconds = int(parameters["idle_session_timeout"]) / 1_000
    assert PoolLimits().trusted < seconds < scaling["SecondsUntilAutoPause"]


def test_the_administrator_has_no_secret_unless_a_password_is_asked_for() -> None:
    cluster = written()["Resources"]["Database"]["Properties"]
    parameter = written()["Parameters"]["DbAdminAuthentication"]
    assert cluster["MasterUserAuthenticationType"] == {"Ref": "DbAdminAuthentication"}
    assert (parameter["Default"], parameter["AllowedValues"]) == (
        "iam-db-auth",
        ["iam-db-auth", "password"],
    )
    assert cluster["ManageMasterUserPassword"] == {
        "Fn::If": ["MakesAdminPassword", True, {"Ref": "AWS::NoValue"}]
    }
    given = functions()["SchemaMigration"]["Environment"]["Variables"]["DB_ADMIN_SECRET_ARN"]
    own = {"Fn::GetAtt": ["Database", "MasterUserSecret.SecretArn"]}
    assert given == {"Fn::If": ["MakesAdminPassword", own, {"Ref": "DbAdminSecretArn"}]}


def test_a_first_try_rolls_back_and_is_deleted_unless_the_cluster_is_to_be_protected() -> None:
    cluster = written()["Resources"]["Database"]["Properties"]
    assert cluster["DeletionProtection"] == {"Ref": "DbDeletionProtection"}
    parameter = written()["Parameters"]["DbDeletionProtection"]
    assert (parameter["Default"], parameter["AllowedValues"]) == ("false", ["true", "false"])


def test_the_administrator_logs_in_by_iam_wherever_the_roles_do() -> None:
    policy = deployed_of("AWS::IAM::ManagedPolicy")["AdministratorLogin"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert text_of(statement["Resource"]) == ADMINISTRATOR
    given = functions()["SchemaMigration"]["Environment"]["Variables"]
    own = written()["Resources"]["Database"]["Properties"]["MasterUsername"]
    assert given["DB_ADMIN_USER"] == {"Fn::If": ["MakesDatabase", own, {"Ref": "DbAdminUser"}]}
    users = [name for name, each in functions().items() if "AdministratorLogin" in text_of(each)]
    assert users == ["SchemaMigration"]


def test_the_parameters_of_the_cluster_are_those_of_its_engine() -> None:
    assert written()["Resources"]["Database"]["Properties"]["EngineVersion"] == {
        "Ref": "DbEngineVersion"
    }
    family = written()["Resources"]["DatabaseParameters"]["Properties"]["Family"]
    major = {"Fn::Select": [0, {"Fn::Split": [".", {"Ref": "DbEngineVersion"}]}]}
    assert family == {"Fn::Sub": ["aurora-postgresql${Major}", {"Major": major}]}
    versions = re.compile(written()["Parameters"]["DbEngineVersion"]["AllowedPattern"])
    assert versions.match(written()["Parameters"]["DbEngineVersion"]["Default"])
    assert versions.match(f"{NEWEST}.1")
    assert not versions.match(f"{OLDEST - 1}.9")
