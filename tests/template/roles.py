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
    account = "arn:${AWS::Partition}:rds-db:${AWS::Region}:${AWS::AccountId}"
    written_out = [
        f"{account}:dbuser:${{Resource}}/${{DbUser}}_{kind}",
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


ADMINISTRATORS = {
    text_of(
        {"Fn::Sub": f"arn:${{AWS::Partition}}:rds-db:${{AWS::Region}}:${{AWS::AccountId}}:{user}"}
    )
    for user in (
        "dbuser:${Database.DBClusterResourceId}/succotash_admin",
        "dbuser:${DbResourceId}/${DbAdminUser}",
    )
}
"""Who set databases up: of the stack's own cluster, and of one that was there."""


def kind_of(name: str) -> Kind:
    """Which role of the database a function logs in as."""
    return KINDS[folder_of(name)]
