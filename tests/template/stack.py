"""template.yaml as tests see it: as it is written, and as CloudFormation gets it."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse

from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PARTITION = "arn:aws:iam::aws:policy/"

type Resource = Mapping[str, Any]


@cache
def written() -> Mapping[str, Any]:
    """The template, its short intrinsics written out."""
    template: Mapping[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    return template


@cache
def translated() -> str:
    """What SAM makes of the template, as text."""
    template = copy.deepcopy(dict(written()))
    return str(
        SamTemplateValidator(
            template, AWSManagedPolicies(), region="eu-central-1"
        ).get_translated_template_if_valid()
    )


@cache
def deployed() -> Mapping[str, Any]:
    """What SAM makes of the template."""
    template: Mapping[str, Any] = yaml_parse(translated())
    return template


class AWSManagedPolicies:
    """Names of AWS's policies, which SAM CLI would ask an account for."""

    def load(self) -> dict[str, str]:
        """By name."""
        names = ("AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole")
        return {name: f"{PARTITION}service-role/{name}" for name in names}


def functions() -> dict[str, Resource]:
    """The template's functions by logical id."""
    return {
        name: resource["Properties"]
        for name, resource in written()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def globals_of_functions() -> Any:  # noqa: ANN401 - a part of the template
    """What all functions share."""
    return written()["Globals"]["Function"]


def database_limits(function: Resource) -> ConnectionSettings:
    """Of the connections of a function with these properties; the rest of it is made up."""
    own = function.get("Environment", {}).get("Variables", {})
    names = own.keys() & {"DB_CONNECT_TIMEOUT", "DB_STATEMENT_TIMEOUT"}
    settings = Settings.from_environment({name: own[name] for name in names})
    return ConnectionSettings(
        host="database",
        port=5432,
        database="succotash",
        user="user",
        password=fixed_password("password"),
        sslmode=SslMode.VERIFY_FULL,
        connect_timeout=settings.db_connect_timeout,
        statement_timeout=settings.db_statement_timeout,
    )


def events(kind: str) -> Iterator[tuple[str, Resource]]:
    """Every event of this kind: the function's logical id and the event's properties."""
    for name, properties in functions().items():
        for event in properties.get("Events", {}).values():
            if event["Type"] == kind:
                yield name, event["Properties"]


def deployed_of(kind: str) -> dict[str, Resource]:
    """Properties of everything of this type that CloudFormation gets, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in deployed()["Resources"].items()
        if resource["Type"] == kind
    }


def folder_of(logical_id: str) -> str:
    """Where a function's code is called by its logical id: FormIntake is form_intake."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).lower()


def unconditional(value: Any) -> Any:  # noqa: ANN401 - any part of a template
    """With every condition taken, as if all options were chosen."""
    match value:
        case {"Fn::If": [_, chosen, _]}:
            return unconditional(chosen)
        case dict():
            return {name: unconditional(each) for name, each in value.items()}
        case list():
            return [unconditional(each) for each in value]
        case _:
            return value


def defaults() -> dict[str, Any]:
    """Parameters that nobody gives, where most accounts are."""
    parameters = {name: each.get("Default") for name, each in written()["Parameters"].items()}
    return {"AWS::Partition": "aws", **parameters}


def holds(condition: Any, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any part of it
    """What a condition, or the intrinsics of a rule, come to with these parameters."""
    match condition:
        case {"Ref": str(name)}:
            return given[name]
        case {"Fn::Equals": [one, other]}:
            return holds(one, given) == holds(other, given)
        case {"Fn::Not": [one]}:
            return not holds(one, given)
        case {"Fn::Or": list(several)}:
            return any(holds(each, given) for each in several)
        case {"Fn::And": list(several)}:
            return all(holds(each, given) for each in several)
        case {"Condition": str(name)}:
            return holds(written()["Conditions"][name], given)
        case str() | int():
            return condition
        case _:
            raise AssertionError(condition)


def text_of(value: object) -> str:
    """A part of the template in one line, for comparing and for messages."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def as_list(value: Any) -> list[Any]:  # noqa: ANN401 - a part of the template
    """What may be one or several."""
    return value if isinstance(value, list) else [value]
