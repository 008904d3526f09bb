"""How people sign in by the stack's own user pool."""

from tests.template.stack import defaults, deployed, deployed_of, holds
from token_scopes import SCOPES_OF_GROUPS

CLIENT = deployed_of("AWS::Cognito::UserPoolClient")["DashboardClient"]


def test_the_trigger_changes_access_tokens_of_people_alone() -> None:
    pool = deployed_of("AWS::Cognito::UserPool")["UserPool"]
    assert pool["LambdaConfig"] == {
        "PreTokenGenerationConfig": {
            "LambdaArn": {"Fn::GetAtt": ["TokenScopes", "Arn"]},
            "LambdaVersion": "V2_0",
        }
    }
    assert pool["UserPoolTier"] == "ESSENTIALS"


def test_every_group_has_scopes_and_an_admin_has_every_one() -> None:
    groups = deployed_of("AWS::Cognito::UserPoolGroup").values()
    scopes = deployed_of("AWS::Cognito::UserPoolResourceServer")["Scopes"]["Scopes"]
    assert {each["GroupName"] for each in groups} == SCOPES_OF_GROUPS.keys()
    assert SCOPES_OF_GROUPS["admin"] == {each["ScopeName"] for each in scopes}


def test_the_dashboard_is_a_public_client_of_the_code_flow_alone() -> None:
    assert CLIENT["GenerateSecret"] is False
    assert CLIENT["AllowedOAuthFlows"] == ["code"]
    assert CLIENT["CallbackURLs"] == [{"Fn::Sub": "${PublicUrl}/"}]


def test_the_client_is_made_where_the_pool_is_and_the_address_is_known() -> None:
    resource = deployed()["Resources"]["DashboardClient"]
    own = {"PublicUrl": "https://api.example.org"}
    outside = {"Issuer": "https://issuer.example.org/"}

    assert resource["Condition"] == "SignsInByPool"
    assert not holds({"Condition": "SignsInByPool"}, defaults())
    assert holds({"Condition": "SignsInByPool"}, {**defaults(), **own})
    assert not holds({"Condition": "SignsInByPool"}, {**defaults(), **own, **outside})
