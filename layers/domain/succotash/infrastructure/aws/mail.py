"""E-mail through Amazon SES."""

from collections.abc import Callable
from datetime import datetime
from email.utils import parseaddr
from typing import Any, override

from succotash.domain.messages.mails import Mail
from succotash.domain.repositories.delivery import (
    Mailer,
    MailRefusedError,
    MailUncertainError,
)
from succotash.infrastructure.mime import mime

type Ses = Any
"""A client of SES v2, which boto3 makes while it runs."""

SURELY_NOT_SENT = {*range(400, 500), 503}
"""Statuses of answers after which the same e-mail may be handed in again."""


def sesv2() -> Ses:
    """A client that asks once: a repeated request could send the e-mail twice."""
    import boto3
    from botocore.config import Config

    limits = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1})
    return boto3.client("sesv2", config=limits)


class SesMailer(Mailer):
    """Sends from one address, whose identity SES has verified."""

    def __init__(
        self,
        sender: str,
        client: Callable[[], Ses] = sesv2,
        *,
        configuration_set: str | None = None,
    ) -> None:
        """`configuration_set` is that by which SES tells of bounces and complaints."""
        self._sender = sender
        self._configuration_set = configuration_set
        self._new_client = client
        self._client: Ses | None = None

    @override
    def send(self, mail: Mail, at: datetime) -> str | None:
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

        content = mime(mail, self._sender, at)
        try:
            if self._client is None:
                self._client = self._new_client()
            answer = self._client.send_email(
                FromEmailAddress=parseaddr(self._sender)[1],
                Destination={"ToAddresses": list(mail.to)},
                Content={"Raw": {"Data": content}},
                EmailTags=[{"Name": name, "Value": value} for name, value in mail.tags.items()],
                **self._configuration(),
            )
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status not in SURELY_NOT_SENT:
                raise MailUncertainError from None
            code = error.response.get("Error", {}).get("Code", "")
            raise MailRefusedError(f"SES answered {code}") from None
        except HTTPClientError:  # the connection stood, and broke or stayed silent
            raise MailUncertainError from None
        except BotoCoreError as error:
            raise MailRefusedError(f"SES: {type(error).__name__}") from None
        return str(answer["MessageId"]) if "MessageId" in answer else None

    def _configuration(self) -> dict[str, str]:
        if self._configuration_set is None:
            return {}
        return {"ConfigurationSetName": self._configuration_set}
