"""Messages that are sent to SQS without boto3, signed as botocore signs them."""

import subprocess
import sys
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.credentials import Credentials
from succotash.infrastructure.aws.queue_messages import QueueMessages
from tests.builders import NOON
from tests.moto_servers import moto_server
from tests.servers import free_port

REGION = "eu-central-1"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/relay"
WHO = Credentials(REGION, "ASIAEXAMPLE", "a/b+c", "IQo+/=token")
TESTING = Credentials(REGION, "testing", "testing")


@pytest.mark.parametrize("who", [WHO, TESTING])
@pytest.mark.parametrize("endpoint", [None, "https://sqs.eu-central-1.api.aws"])
def test_a_request_is_signed_as_botocore_signs_it(who: Credentials, endpoint: str | None) -> None:
    payload = b'{"MessageBody": "x"}'
    ours = QueueMessages(QUEUE, endpoint, lambda: who, lambda: NOON).headers(payload)
    unsigned = {name: ours[name] for name in ("content-type", "host", "x-amz-target")}
    url = endpoint or "https://sqs.eu-central-1.amazonaws.com"
    request = AWSRequest("POST", f"{url}/", unsigned, payload)
    request.context["timestamp"] = NOON.strftime("%Y%m%dT%H%M%SZ")
    signer = SigV4Auth(
        BotocoreCredentials(who.access_key, who.secret_key, who.session_token), "sqs", REGION
    )
    request.headers["X-Amz-Date"] = ours["x-amz-date"]
    if who.session_token is not None:
        request.headers["X-Amz-Security-Token"] = who.session_token
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    assert ours["authorization"].endswith(f"Signature={signature}")
    assert ours["host"] == urlsplit(url).netloc


def test_a_message_is_held_back_in_its_queue() -> None:
    with moto_server() as account:
        client = boto3.client(
            "sqs",
            region_name=REGION,
            endpoint_url=account["AWS_ENDPOINT_URL"],
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        queue_url = client.create_queue(QueueName="relay")["QueueUrl"]
        messages = QueueMessages(queue_url, account["AWS_ENDPOINT_URL"], lambda: TESTING)
        messages.send("now", 0)
        messages.send("later", 900)
        [received] = client.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]
        delayed = client.get_queue_attributes(
            QueueUrl=queue_url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
        )["Attributes"]
        assert received["Body"] == "now"
        assert delayed == {"ApproximateNumberOfMessagesDelayed": "1"}
        with pytest.raises(StorageUnavailableError, match="answered 4"):
            QueueMessages(f"{queue_url}-gone", account["AWS_ENDPOINT_URL"], lambda: TESTING).send(
                "x", 0
            )


def test_nobody_there_is_an_outage() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(StorageUnavailableError, match="the queue"):
        QueueMessages(QUEUE, nobody, lambda: TESTING).send("x", 0)


def test_it_takes_no_boto3() -> None:
    program = (
        "import sys, succotash.infrastructure.aws.queue_messages;"
        "import succotash.infrastructure.aws.deliveries;"
        "print({'boto3', 'botocore'} & set(sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 - this test's own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
