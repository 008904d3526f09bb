"""The only reader of the environment: every setting, its default, and what contradicts what."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    ValidationError,
    model_validator,
)

from succotash.domain.campaigns.consent_rules import ConsentRule
from succotash.domain.intake.signing import SHORTEST_KEY
from succotash.domain.retention.risk import DEFAULT_RISK_RULE
from succotash.errors import SettingsError
from succotash.hosts import is_this_machine

LOCAL_PASSWORD = "app_password"  # noqa: S105 - the documented password of the local server


LOCAL_ERASURE_KEY = "known-to-everybody-and-fit-for-local-runs"
FILE_SCHEME = "file:"
"""Begins the address of what is kept in a file of this machine instead of in a service."""


NO_ZONES = ("localtime", "posixrules", "Factory")
OTHER_CLOCKS = ("posix/", "right/")
"""Names among the zones of the IANA database on many machines that PostgreSQL does not know."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
        is_known = name not in NO_ZONES and not name.startswith(OTHER_CLOCKS)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError for a folder of zones
        is_known = False
    if not is_known:
        raise ValueError("is not a time zone of the IANA database")
    return name


_TOKEN_KEYS = rf"^[^,\s]{{{SHORTEST_KEY},}}(,[^,\s]{{{SHORTEST_KEY},}})*$"
_LEAD_URL = r"^(https?://[^\s]*\{lead_id\}[^\s]*)?$"
_ADDRESS = r"^[!-~]+@[!-~]+\.[!-~]+$"
_PORTS = r"^[1-9][0-9]{0,4}(,[1-9][0-9]{0,4})*$"
_PLACE = r"^((https?://[^\s/]+)?/[^\s]*)?$"
_MODEL = "(BG/NBD|MBG/NBD|Pareto/NBD)"


class Settings(BaseModel):
    """The settings of a deployment. Field aliases are the environment's names."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    storage: Annotated[
        Literal["memory", "sqlite", "postgres"], Field(alias="SUCCOTASH_STORAGE")
    ] = "postgres"
    sqlite_path: Annotated[str, Field(alias="SQLITE_PATH", min_length=1)] = ".local/succotash.db"
    sqlite_seed: Annotated[str | None, Field(alias="SQLITE_SEED", min_length=1)] = None
    """The database to copy if SQLITE_PATH does not exist."""

    db_host: Annotated[str, Field(alias="DB_HOST", min_length=1)] = "localhost"
    db_port: Annotated[int, Field(alias="DB_PORT", ge=1, le=65535)] = 5432
    db_name: Annotated[str, Field(alias="DB_NAME", min_length=1)] = "supreme_octosuccotash_db"
    db_user: Annotated[str, Field(alias="DB_USER", min_length=1)] = "app_user"
    db_password: Annotated[str | None, Field(alias="DB_PASSWORD", min_length=1, repr=False)] = None
    db_secret_arn: Annotated[str | None, Field(alias="DB_SECRET_ARN", min_length=1)] = None
    db_admin_secret_arn: Annotated[str | None, Field(alias="DB_ADMIN_SECRET_ARN", min_length=1)] = (
        None
    )
    """To set the database up: the secret, as RDS writes it, of who may make roles in it.
    Unset where DB_ADMIN_USER logs in by IAM from the beginning."""
    db_admin_user: Annotated[str | None, Field(alias="DB_ADMIN_USER", min_length=1)] = None
    """The administrator's name; without it, the secret names them."""
    db_role_secret_arns: Annotated[
        Json[dict[str, str]] | None, Field(alias="DB_ROLE_SECRET_ARNS")
    ] = None
    """To set the database up: by kind of function, the secrets of the roles' passwords, as JSON.
    Without them the roles log in by IAM."""
    db_iam_auth: Annotated[bool, Field(alias="DB_IAM_AUTH")] = False
    db_sslmode: Annotated[
        Literal["disable", "require", "verify-full"] | None, Field(alias="DB_SSLMODE")
    ] = None
    db_sslrootcert: Annotated[str | None, Field(alias="DB_SSLROOTCERT", min_length=1)] = None
    """A file of authorities, or `rds` for those of Amazon RDS; without it, those of the system."""
    db_proxy: Annotated[bool, Field(alias="DB_PROXY")] = False
    """Behind RDS Proxy: no prepared statements and no session settings, which would pin it."""
    db_max_connections: Annotated[int, Field(alias="DB_MAX_CONNECTIONS", ge=1, le=100)] = 4
    db_connect_timeout: Annotated[float, Field(alias="DB_CONNECT_TIMEOUT", gt=0, le=60)] = 20.0
    """Seconds; long enough for a paused Aurora cluster to wake."""
    db_statement_timeout: Annotated[float, Field(alias="DB_STATEMENT_TIMEOUT", gt=0)] = 25.0
    db_lock_timeout: Annotated[float, Field(alias="DB_LOCK_TIMEOUT", gt=0)] = 5.0

    currency: Annotated[str, Field(alias="CURRENCY", pattern="^[A-Z]{3}$")] = "USD"
    time_zone: Annotated[str, Field(alias="TIME_ZONE"), AfterValidator(_known_zone)] = "UTC"
    value_horizon_days: Annotated[int, Field(alias="VALUE_HORIZON_DAYS", ge=1, le=3650)] = 365
    churn_horizon_days: Annotated[int, Field(alias="CHURN_HORIZON_DAYS", ge=1, le=730)] = 90
    discount_rate: Annotated[float, Field(alias="DISCOUNT_RATE", ge=0, le=10)] = 0.10
    """Per year."""
    margin: Annotated[float, Field(alias="MARGIN", gt=0, le=1)] = 1.0
    """Share of revenue that counts as value."""
    purchase_models: Annotated[
        str, Field(alias="PURCHASE_MODELS", pattern=f"^{_MODEL}(,{_MODEL})*$")
    ] = "BG/NBD,MBG/NBD,Pareto/NBD"
    """The models that compete in each run's backtest."""
    risk_silent_from: Annotated[float, Field(alias="RISK_SILENT_FROM", ge=0, le=1)] = (
        DEFAULT_RISK_RULE.silent_from
    )
    risk_low_at_least: Annotated[float, Field(alias="RISK_LOW_AT_LEAST", ge=0, le=1)] = (
        DEFAULT_RISK_RULE.low_at_least
    )
    risk_high_at_most: Annotated[float, Field(alias="RISK_HIGH_AT_MOST", ge=0, le=1)] = (
        DEFAULT_RISK_RULE.high_at_most
    )
    risk_likely_ratio: Annotated[float, Field(alias="RISK_LIKELY_RATIO", ge=1, le=10)] = (
        DEFAULT_RISK_RULE.likely_ratio
    )
    risk_lost_ratio: Annotated[float, Field(alias="RISK_LOST_RATIO", ge=0, lt=1)] = (
        DEFAULT_RISK_RULE.lost_ratio
    )

    consent: Annotated[ConsentRule, Field(alias="CONSENT")] = ConsentRule.OPT_IN
    """The people whom campaigns may write to: with consent, or also customers who never said no."""

    publish_worse: Annotated[bool, Field(alias="PUBLISH_WORSE")] = False
    """Whether a run that is worse than the simple rule on held-out time is published too."""
    runs_kept: Annotated[int, Field(alias="RUNS_KEPT", ge=0, le=100)] = 2
    """Superseded runs whose rows stay, for comparison."""

    scope_prefix: Annotated[str, Field(alias="SCOPE_PREFIX")] = ""
    """The prefix of scopes in the issuer's tokens, such as `identifier/`."""

    parking_queue_url: Annotated[str | None, Field(alias="PARKING_QUEUE_URL", min_length=1)] = None
    """The queue of submissions during an outage of the storage; `file:` and a path locally."""
    parking_failures_url: Annotated[
        str | None, Field(alias="PARKING_FAILURES_URL", min_length=1)
    ] = None
    """The queue of those that cannot be taken from that queue."""
    deliveries_queue_url: Annotated[
        str | None, Field(alias="DELIVERIES_QUEUE_URL", min_length=1)
    ] = None
    """The queue of jobs for the function that reaches the internet; by default they run here."""
    delivery_failures_url: Annotated[
        str | None, Field(alias="DELIVERY_FAILURES_URL", min_length=1)
    ] = None
    """The queue of jobs that fail again and again; an erasure searches it."""
    relay_queue_url: Annotated[str | None, Field(alias="RELAY_QUEUE_URL", min_length=1)] = None
    """The queue that wakes the relay, and tells it the outcomes of jobs."""
    queues_endpoint: Annotated[
        str | None, Field(alias="AWS_ENDPOINT_URL_SQS", pattern=r"^https?://[^\s/]+$")
    ] = None
    """The address of SQS, which boto3 reads as well; without it, that of each queue's URL."""
    form_token_keys: Annotated[
        str | None, Field(alias="FORM_TOKEN_KEYS", pattern=_TOKEN_KEYS, repr=False)
    ] = None
    """Keys that sign links and forms, by commas; the first signs, all are recognised."""
    erasure_keys: Annotated[
        str, Field(alias="ERASURE_KEYS", pattern=_TOKEN_KEYS, min_length=1, repr=False)
    ] = LOCAL_ERASURE_KEY
    """Keys of the tombstones of erased people, by commas: the first makes them, all are known."""
    shop_events_url: Annotated[str | None, Field(alias="SHOP_EVENTS_URL", min_length=1)] = None
    """The queue of events of shops; without it, they are recorded when they are received."""
    shop_requests_url: Annotated[str | None, Field(alias="SHOP_REQUESTS_URL", min_length=1)] = None
    """The queue of requests of shops' customers about their data."""
    shop_event_failures_url: Annotated[
        str | None, Field(alias="SHOP_EVENT_FAILURES_URL", min_length=1)
    ] = None
    """The queue of those of both that cannot be read."""
    connector_secret_arn: Annotated[
        str | None, Field(alias="CONNECTOR_SECRET_ARN", min_length=1)
    ] = None
    """The secret with those by which shops sign, a JSON object by system."""
    connector_secrets: Annotated[str, Field(alias="CONNECTOR_SECRETS", repr=False)] = "{}"
    """The secrets themselves, as that JSON object, where there is no such secret."""
    exports: Annotated[str | None, Field(alias="EXPORTS", min_length=1)] = None
    """Name of the bucket for large exports; `file:` and a folder on this machine."""
    order_files: Annotated[str | None, Field(alias="ORDER_FILES", min_length=1)] = None
    """Name of the bucket that files of orders are sent to; `file:` and a folder on this machine."""
    event_bus: Annotated[str | None, Field(alias="EVENT_BUS", min_length=1)] = None
    """Name or ARN of the bus that the outbox is relayed to; `file:` and a path on this machine."""
    mail_from: Annotated[str | None, Field(alias="MAIL_FROM", min_length=3)] = None
    """The sender of e-mails, as `Name <address>` or an address; without it none is sent."""
    mail_folder: Annotated[str | None, Field(alias="MAIL_FOLDER", min_length=1)] = None
    """The folder that e-mails are written to instead of being sent."""
    mail_configuration_set: Annotated[
        str | None, Field(alias="MAIL_CONFIGURATION_SET", min_length=1)
    ] = None
    """The configuration set of SES by which it tells of bounces and complaints."""
    mails_per_second: Annotated[float | None, Field(alias="MAILS_PER_SECOND", ge=1, le=10_000)] = (
        None
    )
    """The most e-mails a second, where that is less than SES takes of this account."""
    mail_inbox: Annotated[str | None, Field(alias="MAIL_INBOX", pattern=_ADDRESS)] = None
    """The inbox that takes answers to campaigns' e-mails, and mails that unsubscribe."""
    mails_per_recipient: Annotated[int, Field(alias="MAILS_PER_RECIPIENT", ge=1, le=1000)] = 5
    """The most that a mailbox gets within 24 hours of the mails that anybody can cause."""
    webhook_secrets: Annotated[
        str | None, Field(alias="WEBHOOK_SECRETS", min_length=1, repr=False)
    ] = None
    """The secrets that sign webhooks, `whsec_` and base64; of several, by commas, all sign."""
    webhook_secret_arn: Annotated[str | None, Field(alias="WEBHOOK_SECRET_ARN", min_length=1)] = (
        None
    )
    """The secret of Secrets Manager that holds these instead."""
    webhook_ports: Annotated[str, Field(alias="WEBHOOK_PORTS", pattern=_PORTS)] = "443"
    """The ports that webhooks may be called at, by commas."""
    webhook_loopback: Annotated[bool, Field(alias="WEBHOOK_LOOPBACK")] = False
    """Whether webhooks may go to this machine, by http and at any port; for local runs."""
    lambda_function: Annotated[str | None, Field(alias="AWS_LAMBDA_FUNCTION_NAME")] = None
    """The name of this function, which Lambda sets itself."""
    public_url: Annotated[
        str, Field(alias="PUBLIC_URL", pattern=r"^https?://[^\s/]+(/[^\s]*[^\s/])?$")
    ] = "http://127.0.0.1:3000"
    """The address of the API, without a slash at the end; e-mails link to it."""
    lead_url: Annotated[str, Field(alias="LEAD_URL", pattern=_LEAD_URL)] = ""
    """The address of a lead's page elsewhere, with {lead_id} in it."""

    sign_in_url: Annotated[str, Field(alias="SIGN_IN_URL", pattern=_PLACE)] = ""
    """The issuer's address for signing in to the dashboard; empty signs in nobody."""
    sign_in_token_url: Annotated[str, Field(alias="SIGN_IN_TOKEN_URL", pattern=_PLACE)] = ""
    """The issuer's address that exchanges a code for a token."""
    sign_out_url: Annotated[str, Field(alias="SIGN_OUT_URL", pattern=_PLACE)] = ""
    """The issuer's address for signing out."""
    sign_in_client_id: Annotated[str, Field(alias="SIGN_IN_CLIENT_ID")] = ""
    """The issuer's id of the dashboard, a public client without a secret."""

    @model_validator(mode="after")
    def _both_queues(self) -> Self:
        queue, failures = self.parking_queue_url, self.parking_failures_url
        if queue is not None and failures is None and not queue.startswith(FILE_SCHEME):
            raise ValueError("PARKING_QUEUE_URL needs PARKING_FAILURES_URL too")
        return self

    @model_validator(mode="after")
    def _webhooks(self) -> Self:
        if self.webhook_secrets is not None and self.webhook_secret_arn is not None:
            raise ValueError("WEBHOOK_SECRETS and WEBHOOK_SECRET_ARN contradict each other")
        if self.webhook_loopback and self.lambda_function is not None:
            raise ValueError("WEBHOOK_LOOPBACK is for local runs alone")
        return self

    @model_validator(mode="after")
    def _all_queues_of_shops(self) -> Self:
        given = (self.shop_events_url, self.shop_requests_url, self.shop_event_failures_url)
        if any(given) and not all(given):
            raise ValueError(
                "SHOP_EVENTS_URL, SHOP_REQUESTS_URL and SHOP_EVENT_FAILURES_URL need each other"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        given = [
            name
            for name, is_given in (
                ("DB_PASSWORD", self.db_password is not None),
                ("DB_SECRET_ARN", self.db_secret_arn is not None),
                ("DB_IAM_AUTH", self.db_iam_auth),
            )
            if is_given
        ]
        if self.storage != "postgres":
            return self
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} contradict each other; set one of them")
        is_reached = given or self.db_admin_secret_arn is not None
        if not is_reached and not is_this_machine(self.db_host):
            raise ValueError(
                "DB_HOST is another machine, so one of DB_PASSWORD, DB_SECRET_ARN and "
                "DB_IAM_AUTH must be set"
            )
        if self.db_iam_auth and self.db_sslmode == "disable":
            raise ValueError("DB_IAM_AUTH needs TLS, which DB_SSLMODE=disable turns off")
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read and check; SettingsError names every setting that is wrong. Empty means unset."""
        given = {name: value for name, value in environment.items() if value != ""}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise SettingsError("; ".join(map(_sentence, error.errors()))) from None


def _sentence(problem: object) -> str:
    """Say what is wrong with one setting, without its value."""
    match problem:
        case {"loc": (str(name), *_), "msg": str(message)}:
            return f"{name}: {message.removeprefix('Value error, ')}"
        case {"msg": str(message)}:
            return message.removeprefix("Value error, ")
        case _:
            raise TypeError(problem)
