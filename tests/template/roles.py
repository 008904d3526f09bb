"""Roles of the database, and what may be logged in as."""

from succotash.infrastructure.postgres.migrations.rights import (
    Kind,
)
from tests.kinds import KINDS
from tests.template.stack import (
    folder_of,
    text_of,
)


def database_user(kind: Kind) -> str:
    """What may be logged in as by IAM."""
    written_out = [
        f"{DATABASE_USERS}:dbuser:${{Resource}}/${{DbUser}}_{kind}",
        {
            "Resource": {
                "Fn::If": [
                    "MakesDatabase",
                    {"Fn::GetAtt": ["Database", "DBClusterResourceId"]},
                    {"Ref": "DbResourceId"},
                ]
            }
        },
    ]
    return text_of({"Fn::Sub": written_out})


DATABASE_USERS = "arn:${AWS::Partition}:rds-db:${AWS::Region}:${AWS::AccountId}"
ADMINISTRATOR = text_of(
    {
        "Fn::Sub": [
            f"{DATABASE_USERS}:dbuser:${{Resource}}/${{Administrator}}",
            {
                "Resource": {
                    "Fn::If": [
                        "MakesDatabase",
                        {"Fn::GetAtt": ["Database", "DBClusterResourceId"]},
                        {"Ref": "DbResourceId"},
                    ]
                },
                "Administrator": {
                    "Fn::If": ["MakesDatabase", "succotash_admin", {"Ref": "DbAdminUser"}]
                },
            },
        ]
    }
)
"""Who sets the database up: the stack's own cluster, or one that was there."""


def kind_of(name: str) -> Kind:
    """Which role of the database a function logs in as."""
    return KINDS[folder_of(name)]
