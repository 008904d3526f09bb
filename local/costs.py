"""Calculates what a stack costs a month: the tables of `docs/reference/costs.md`.

`python -m local.costs` writes them, with `--check` it only compares. Prices and assumptions stand
below; how many alarms, secrets, endpoints, queues and metrics there are, and how soon the database
pauses, is read from the template.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from local.tables import keep_tables, replaced, table

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "reference" / "costs.md"
HOURS, DAYS = 730, 30
MILLION = 1_000_000
ZONES = 2
FREE_DASHBOARD_METRICS = 50


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a unit, and how many units are free each month for as long as there is AWS."""

    dollars: float
    unit: str
    free: float = 0


PRICES: Mapping[str, Price] = {
    "Lambda: requests": Price(0.20, "million", 1),
    "Lambda: time": Price(0.0000166667, "GB-second", 400_000),
    "API Gateway: requests": Price(1.00, "million"),
    "Aurora: capacity": Price(0.12, "ACU-hour"),
    "Aurora: storage": Price(0.10, "GB"),
    "Aurora: backups": Price(0.021, "GB"),
    "Aurora: I/O": Price(0.20, "million"),
    "Interface endpoints": Price(0.01, "hour and zone"),
    "NAT gateway": Price(0.045, "hour"),
    "NAT gateway: its address": Price(0.005, "hour"),
    "Cognito: tokens": Price(2.25, "thousand"),
    "Secrets Manager": Price(0.40, "secret"),
    "CloudWatch: alarms": Price(0.10, "metric", 10),
    "CloudWatch: dashboard": Price(3.00, "dashboard"),
    "CloudWatch: metrics of its own": Price(0.30, "metric", 10),
    "CloudWatch: logs": Price(0.50, "GB", 5),
    "SQS: requests": Price(0.40, "million", 1),
    "SQS: FIFO requests": Price(0.50, "million"),
    "EventBridge: events": Price(1.00, "million"),
    "Step Functions: transitions": Price(0.025, "thousand", 4),
    "Data to the internet": Price(0.09, "GB", 100),
}
"""List prices in us-east-1, without the credits of new accounts."""


@dataclass(frozen=True, slots=True)
class Load:
    """A month's use; what stands here is assumed, and DOCUMENT says so."""

    name: str
    requests: float
    capacity: float
    """Capacity units while the database is awake."""
    awake_hours: float
    """A day, by requests alone."""
    scoring_capacity: float
    scoring_hours: float
    scoring_gb_seconds: float
    """Each night."""
    stored_gb: float
    metrics: int
    """CloudWatch metrics of its own that are written to."""


LOADS = (
    Load("at rest", 0, 0.5, 0, 0.5, 0.05, 60, 1, 4),
    Load("10 thousand", 10_000, 0.5, 10, 1, 0.1, 180, 1, 20),
    Load("1 million", MILLION, 1, 24, 4, 0.25, 1_800, 10, 30),
    Load("100 million", 100 * MILLION, 16, 24, 32, 1, 40_000, 300, 30),
)
SECONDS_A_REQUEST = 0.08
LOG_BYTES, ANSWER_BYTES = 2_000, 5_000
IO_A_REQUEST = 10
RELAYED = 0.1
"""Runs of the relay for each request: those that write leave messages, and wake it."""
RELAY_SECONDS = 0.3
"""The seconds of the relay and of `delivery` together."""
NIGHTLY_CALLS = 4
"""The calls of leads, customers and twice of campaigns: by the night's step and the run's event."""
POLLS = 5 * 3 * 60 * HOURS / MILLION
"""Million requests a month by which Lambda looks into an empty queue: five pollers, 20 s each."""
TRANSITIONS = 0.01
"""Thousand a night."""
BACKUPS = 2.0
"""Backups of 14 days, in times of what is stored, beyond what is free."""
TOKENS = 0.75
"""Thousand a month: one an hour."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One main choice of parameters."""

    name: str
    egress: str = "ipv6"
    has_cluster: bool = True
    has_pool: bool = True
    has_password: bool = False
    """Whether the administrator's password is in a secret."""


CHOICES = (
    Choice("defaults"),
    Choice("`Egress=endpoints`", egress="endpoints"),
    Choice("`Egress=nat`", egress="nat"),
    Choice(
        "`Egress=endpoints DbAdminAuthentication=password`", egress="endpoints", has_password=True
    ),
    Choice("`Issuer` of your own", has_pool=False),
    Choice("`DbHost` of your own, by passwords", egress="none", has_cluster=False),
)


@dataclass(frozen=True, slots=True)
class Inventory:
    """The number of things in the template that are paid by the piece."""

    alarm_metrics: int
    dashboards: int
    secrets: int
    password_secrets: int
    endpoints: int
    endpoints_for_passwords: int
    queues: int
    """Queues that Lambda polls, but for FIFO queues."""
    fifo_queues: int
    awake_after_use: float
    """Hours that the cluster stays awake after the last request."""
    function_gb: float

    @classmethod
    def of_template(cls, template: Mapping[str, Any]) -> "Inventory":
        """Counted in its resources."""

        def of_type(kind: str) -> list[Mapping[str, Any]]:
            return [each for each in template["Resources"].values() if each["Type"] == kind]

        alarms = [each["Properties"] for each in of_type("AWS::CloudWatch::Alarm")]
        metrics = [
            max(sum("MetricStat" in part for part in each.get("Metrics", ())), 1) for each in alarms
        ]
        [dashboard] = of_type("AWS::CloudWatch::Dashboard")
        widgets = json.loads(dashboard["Properties"]["DashboardBody"]["Fn::Sub"])["widgets"]
        shown = {
            tuple(part for part in metric if isinstance(part, str))
            for widget in widgets
            for metric in widget["properties"]["metrics"]
        }
        secrets = of_type("AWS::SecretsManager::Secret")
        endpoints = [
            each["Condition"]
            for each in of_type("AWS::EC2::VPCEndpoint")
            if each["Properties"]["VpcEndpointType"] == "Interface"
        ]
        parameters = template["Resources"]["DatabaseParameters"]["Properties"]["Parameters"]
        scaling = template["Resources"]["Database"]["Properties"][
            "ServerlessV2ScalingConfiguration"
        ]
        polled = [
            template["Resources"][each["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]]
            for each in of_type("AWS::Lambda::EventSourceMapping")
            if "Enabled" not in each["Properties"]  # else a parameter must ask for it
        ]
        fifo = sum(bool(each["Properties"].get("FifoQueue")) for each in polled)
        return cls(
            alarm_metrics=sum(metrics),
            dashboards=int(len(shown) > FREE_DASHBOARD_METRICS),
            secrets=sum("Condition" not in each for each in secrets),
            password_secrets=sum("Condition" in each for each in secrets),
            endpoints=endpoints.count("MakesEndpoints"),
            endpoints_for_passwords=len(endpoints) - endpoints.count("MakesEndpoints"),
            queues=len(polled) - fifo,
            fifo_queues=fifo,
            awake_after_use=(
                int(parameters["idle_session_timeout"]) / 1_000 + scaling["SecondsUntilAutoPause"]
            )
            / 3_600,
            function_gb=template["Parameters"]["MemorySize"]["Default"] / 1024,
        )


def quantities(choice: Choice, load: Load, has: Inventory) -> dict[str, float]:
    """The quantities that are paid for, by the name of their price."""
    relayed = load.requests * RELAYED + DAYS
    used = {
        "Lambda: requests": (load.requests + 2 * relayed + NIGHTLY_CALLS * DAYS) / MILLION,
        "Lambda: time": load.requests * SECONDS_A_REQUEST * has.function_gb
        + relayed * RELAY_SECONDS * has.function_gb
        + DAYS * load.scoring_gb_seconds,
        "API Gateway: requests": load.requests / MILLION,
        "CloudWatch: alarms": has.alarm_metrics,
        "CloudWatch: dashboard": has.dashboards,
        "CloudWatch: metrics of its own": load.metrics,
        "CloudWatch: logs": (load.requests + relayed) * LOG_BYTES / 1e9,
        "SQS: requests": has.queues * POLLS + 3 * relayed / MILLION,
        "SQS: FIFO requests": has.fifo_queues * POLLS + 3 * relayed / MILLION,
        "EventBridge: events": relayed / MILLION,
        "Step Functions: transitions": DAYS * TRANSITIONS,
        "Data to the internet": load.requests * ANSWER_BYTES / 1e9,
        "Secrets Manager": has.secrets
        + (int(choice.has_password) if choice.has_cluster else has.password_secrets),
    }
    if choice.has_pool:
        used["Cognito: tokens"] = TOKENS if load.requests else 0
    if choice.has_cluster:
        used |= {
            "Aurora: capacity": _capacity_hours(load, has),
            "Aurora: storage": load.stored_gb,
            "Aurora: backups": load.stored_gb * BACKUPS,
            "Aurora: I/O": load.requests * IO_A_REQUEST / MILLION,
        }
    if choice.egress == "endpoints":
        endpoints = has.endpoints + choice.has_password * has.endpoints_for_passwords
        used["Interface endpoints"] = endpoints * ZONES * HOURS
    if choice.egress == "nat":
        used |= {"NAT gateway": HOURS, "NAT gateway: its address": HOURS}
    return used


def _capacity_hours(load: Load, has: Inventory) -> float:
    """ACU-hours: of requests, and of the nightly window."""
    night = load.scoring_hours * load.scoring_capacity + has.awake_after_use * load.capacity
    return DAYS * (load.awake_hours * load.capacity + night)


def cost(name: str, quantity: float) -> float:
    """Dollars for this much, beyond what is free."""
    price = PRICES[name]
    return max(quantity - price.free, 0) * price.dollars


def monthly(choice: Choice, load: Load, has: Inventory) -> float:
    """Dollars for everything."""
    return sum(cost(*each) for each in quantities(choice, load, has).items())


def _dollars(value: float) -> str:
    return f"{value:,.2f}" if value < 1_000 else f"{value:,.0f}"  # noqa: PLR2004 - cents


def prices() -> str:
    """The prices that everything is computed from."""
    rows = [
        (
            name,
            f"{each.dollars:.10f}".rstrip("0").rstrip("."),
            each.unit,
            f"{each.free:,g}" if each.free else "",
        )
        for name, each in PRICES.items()
    ]
    return table(("What", "Dollars", "for a", "free a month"), rows)


def loads() -> str:
    """The assumptions about each load."""
    rows = [
        (
            each.name,
            f"{each.awake_hours:g} h a day at {each.capacity:g} ACU",
            _night(each),
            f"{each.stored_gb:g} GB",
            f"{each.metrics}",
        )
        for each in LOADS
    ]
    return table(("Load", "Requests keep it awake", "A night's scoring", "Stored", "Metrics"), rows)


def _night(load: Load) -> str:
    minutes = f"{load.scoring_hours * 60:g} min at {load.scoring_capacity:g} ACU"
    return f"{minutes}, {load.scoring_gb_seconds:,g} GB-s"


def lines(has: Inventory) -> str:
    """Each line of the defaults, by load."""
    of_loads = [quantities(CHOICES[0], load, has) for load in LOADS]
    rows = [
        (name, *(_dollars(cost(name, each.get(name, 0))) for each in of_loads))
        for name in PRICES
        if any(name in each for each in of_loads)
    ]
    rows.append(("**Sum**", *(f"**{_dollars(monthly(CHOICES[0], each, has))}**" for each in LOADS)))
    return table(("Dollars a month", *(each.name for each in LOADS)), rows)


def choices(has: Inventory) -> str:
    """The sum of each choice, by load."""
    rows = [
        (choice.name, *(_dollars(monthly(choice, load, has)) for load in LOADS))
        for choice in CHOICES
    ]
    return table(("Dollars a month", *(each.name for each in LOADS)), rows)


def rest(has: Inventory) -> str:
    """The cost of the defaults at rest, line by line."""
    used = quantities(CHOICES[0], LOADS[0], has)
    rows = [
        (name, f"{used[name]:,.4g} {PRICES[name].unit}", _dollars(cost(name, used[name])))
        for name in PRICES
        if cost(name, used.get(name, 0)) >= 0.005  # noqa: PLR2004 - half a cent
    ]
    return table(("What", "How much", "Dollars a month"), rows)


def written(text: str) -> str:
    """The document with its tables."""
    has = Inventory.of_template(yaml_parse((ROOT / "template.yaml").read_text("utf-8")))
    return replaced(
        text,
        {
            "prices": prices(),
            "loads": loads(),
            "lines": lines(has),
            "choices": choices(has),
            "rest": rest(has),
        },
    )


def main() -> int:
    """Write the tables, or check them."""
    return keep_tables(
        DOCUMENT,
        written,
        description=__doc__,
        refusal="what the template costs; run python -m local.costs",
    )


if __name__ == "__main__":
    sys.exit(main())
