"""Rules about churn risk, scores and dates."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from math import exp, expm1

from local.rules.demo_run import DemoRun
from local.rules.rule import Rule, Verdict
from succotash.domain.retention.retention import EngagementSegment, RiskLevel
from succotash.domain.retention.risk import DEFAULT_RISK_RULE

TOPIC = "risk"
_UNIT = Decimal("0.0001")
_CLOSE = 1e-9
_MONTH = 30
"""Days since the first or the last sign of a customer that make them new, or active."""
_SCORES = {
    RiskLevel.LOW: range(1, 5),
    RiskLevel.MEDIUM: range(5, 8),
    RiskLevel.HIGH: range(8, 11),
    RiskLevel.LOST: range(1, 2),
}


def _chances(run: DemoRun) -> tuple[float, dict[str, float]]:
    """The mean chance of return of all buyers, and each one's own."""
    chances = {
        customer_id: each.return_probability or 0.0 for customer_id, each in run.predictions.items()
    }
    bought = [chances[customer_id] for customer_id in run.values]
    return sum(bought) / len(bought), chances


def _bars(run: DemoRun) -> tuple[float, float]:
    """The least chance of the likely, and the greatest of the lost."""
    everybody, _ = _chances(run)
    rule = DEFAULT_RISK_RULE
    likely_from = min(max(rule.likely_ratio * everybody, 0.1), 0.45)
    return likely_from, min(rule.lost_ratio * everybody, 0.25)


def _silent_and_left(run: DemoRun, customer_id: str, probability: float) -> bool:
    """Whether this customer is silent for more than twice their gap, and so probably gone."""
    left = 1 - run.predictions[customer_id].probability_alive
    is_silent = run.silent_days(customer_id) > 2 * run.usual_gap(customer_id)
    return is_silent and left >= probability


def _lost(run: DemoRun) -> Verdict:
    _, lost_up_to = _bars(run)
    _, chances = _chances(run)
    return Verdict.over(
        (
            (
                customer_id,
                (each.risk_level is RiskLevel.LOST)
                == (
                    chances[customer_id] <= lost_up_to + _CLOSE
                    and (
                        run.silent_days(customer_id) >= each.horizon_days
                        or _silent_and_left(run, customer_id, 0.5)
                    )
                ),
            )
            for customer_id, each in run.predictions.items()
        ),
        "customers",
    )


def _low(run: DemoRun) -> Verdict:
    likely_from, _ = _bars(run)
    _, chances = _chances(run)
    rule = DEFAULT_RISK_RULE
    others = [
        (customer_id, each)
        for customer_id, each in run.predictions.items()
        if each.risk_level is not RiskLevel.LOST
    ]
    slipping = {each for each in run.predictions if _silent_and_left(run, each, 0.15)}
    churn = sorted(
        each.churn_probability
        for customer_id, each in run.predictions.items()
        if customer_id not in slipping
    )
    edge = churn[max(int(rule.low_at_least * len(run.predictions) + 1 - _CLOSE) - 1, 0)]
    return Verdict.over(
        (
            (
                customer_id,
                (each.risk_level is RiskLevel.LOW)
                == (
                    customer_id not in slipping
                    and (
                        each.churn_probability <= rule.silent_from
                        or (
                            each.churn_probability <= edge
                            and chances[customer_id] >= likely_from - _CLOSE
                        )
                    )
                ),
            )
            for customer_id, each in others
        ),
        "customers who are not lost",
    )


def _high(run: DemoRun) -> Verdict:
    likely_from, _ = _bars(run)
    _, chances = _chances(run)
    levels = {RiskLevel.HIGH, RiskLevel.MEDIUM}
    eligible = {
        customer_id: each
        for customer_id, each in run.predictions.items()
        if each.risk_level in levels
        and customer_id in run.values
        and chances[customer_id] >= likely_from - _CLOSE
    }
    high = [each for each in run.predictions.values() if each.risk_level is RiskLevel.HIGH]
    amounts = [each.value_at_risk.amount for each in high if each.value_at_risk is not None]
    least = min(amounts, default=Decimal(0))
    most = int(DEFAULT_RISK_RULE.high_at_most * len(run.predictions))
    cases: list[tuple[object, bool]] = [
        (each.customer_id, each.customer_id in eligible) for each in high
    ]
    cases += [
        (customer_id, (each.risk_level is RiskLevel.HIGH) or _at_risk(each.value_at_risk) < least)
        for customer_id, each in eligible.items()
    ]
    cases.append(("their number", len(high) <= most))
    verdict = Verdict.over(cases, "comparisons")
    return Verdict(verdict.is_obeyed, f"{len(high):,} high of at most {most:,}; {verdict.evidence}")


def _at_risk(money: object) -> Decimal:
    return getattr(money, "amount", Decimal(0))


def _value_at_risk(run: DemoRun) -> Verdict:
    def cases() -> Iterator[tuple[object, bool]]:
        for customer_id, each in run.predictions.items():
            value = run.values.get(customer_id)
            residual = Decimal(0) if value is None else value.residual_value.amount
            expected = residual * Decimal(each.churn_probability)
            yield customer_id, abs(_at_risk(each.value_at_risk) - expected) <= 2 * _UNIT

    return Verdict.over(cases(), "customers")


def _order(run: DemoRun) -> Verdict:
    amounts = [_at_risk(each.value_at_risk) for each in run.predictions.values()]
    pairs = pairwise(amounts)
    return Verdict.over(
        ((place, first >= second) for place, (first, second) in enumerate(pairs)),
        "neighbours in the list",
    )


def _one_alive(run: DemoRun) -> Verdict:
    return Verdict.over(
        (
            (
                customer_id,
                abs(each.probability_alive - run.predictions[customer_id].probability_alive)
                <= _CLOSE,
            )
            for customer_id, each in run.values.items()
        ),
        "customers who bought",
    )


def _bounds(run: DemoRun) -> Verdict:
    return Verdict.over(
        (
            (
                customer_id,
                1 - each.probability_alive - _CLOSE <= each.churn_probability <= 1,
            )
            for customer_id, each in run.predictions.items()
        ),
        "customers",
    )


def _dates(run: DemoRun) -> Verdict:
    return Verdict.over(
        (
            (
                customer_id,
                (each.predicted_churn_date is None or each.predicted_churn_date > run.day)
                and (each.likely_inactive_since is None or each.likely_inactive_since <= run.day)
                and (each.predicted_churn_date is None or each.likely_inactive_since is None),
            )
            for customer_id, each in run.predictions.items()
        ),
        "customers",
    )


def _last_seen(run: DemoRun) -> Verdict:
    return Verdict.over(
        (
            (customer_id, each.last_seen_on == max(run.recounts[customer_id].days))
            for customer_id, each in run.predictions.items()
        ),
        "customers",
    )


def _risk_scores(run: DemoRun) -> Verdict:
    return Verdict.over(
        (
            (customer_id, each.risk_score in _SCORES[each.risk_level])
            for customer_id, each in run.predictions.items()
        ),
        "customers",
    )


def _engagement_score(run: DemoRun) -> Verdict:
    def score(customer_id: str) -> int:
        did = run.recounts[customer_id]
        age = (run.day - min(did.days)).days
        recency = 40 * exp(-run.silent_days(customer_id) / 30)
        rhythm = 30 * min(1.0, len(did.days) / (max(age, 30) / 30) / 4)
        counted = run.profiles[customer_id]
        sessions = did.kinds.get("session", counted.sessions)
        weight = sessions + did.kinds.get("click", 0) / 5 + 3 * did.kinds.get("conversion", 0)
        return round(recency + rhythm - 30 * expm1(-weight / 10))

    return Verdict.over(
        (
            (customer_id, each.engagement_score == score(customer_id))
            for customer_id, each in run.profiles.items()
        ),
        "customers",
    )


def _engagement_segment(run: DemoRun) -> Verdict:
    bound = sorted(each.predicted_clv.amount for each in run.values.values())
    valuable = bound[-(len(bound) // 5) :][0]

    def segment(customer_id: str) -> EngagementSegment:
        risk, silent = run.predictions[customer_id], run.silent_days(customer_id)
        value = run.values.get(customer_id)
        is_high = risk.risk_level is RiskLevel.HIGH
        has_left = risk.risk_level is RiskLevel.LOST or risk.likely_inactive_since is not None
        if (run.day - min(run.recounts[customer_id].days)).days < _MONTH:
            return EngagementSegment.NEW_USERS
        if has_left and not is_high:
            return EngagementSegment.CHURNED
        if is_high or silent >= risk.horizon_days:
            return EngagementSegment.AT_RISK
        if value is not None and value.predicted_clv.amount >= valuable:
            return EngagementSegment.HIGH_VALUE
        return (
            EngagementSegment.ACTIVE_USERS if silent < _MONTH else EngagementSegment.LOW_ENGAGEMENT
        )

    return Verdict.over(
        (
            (customer_id, each.segment is segment(customer_id))
            for customer_id, each in run.profiles.items()
        ),
        "customers",
    )


_LEVELS = (
    "`domain/models/risk_levels.py`, "
    "[ADR 17](../adr/0017-set-risk-levels-by-chance-of-return-and-value-at-risk.md)"
)

RULES: tuple[Rule[DemoRun], ...] = (
    Rule(
        TOPIC,
        "`lost`: at most half as likely to come back as everybody, no likelier than 1 in 4, and "
        "not seen within the churn horizon, or silent for more than twice their usual gap with a "
        "P(alive) of at most one half",
        _LEVELS,
        _lost,
    ),
    Rule(
        TOPIC,
        "`low`: not lost, not slipping away (silent for more than twice their usual gap, with a "
        "P(alive) of at most 85%), and likelier to be active within the churn horizon than not, or "
        "of the 6% least likely to churn and likely to return",
        _LEVELS,
        _low,
    ),
    Rule(
        TOPIC,
        "`high`: neither, likely to return (at least twice everybody's chance and 10%, or 45%), "
        "and of the tenth of all customers with the greatest value at risk",
        _LEVELS,
        _high,
    ),
    Rule(
        TOPIC,
        "Value at risk is the residual value times the churn probability",
        "`domain/models/risk_levels.py`",
        _value_at_risk,
    ),
    Rule(
        TOPIC,
        "Lists of risks begin with the greatest value at risk",
        "`domain/repositories/predictions.py`",
        _order,
    ),
    Rule(
        TOPIC,
        "A customer has one P(alive), in the value and in the risk",
        "`domain/models/churn.py`",
        _one_alive,
    ),
    Rule(
        TOPIC,
        "P(no purchase and no activity) is at least 1 - P(alive)",
        "`domain/models/churn.py`",
        _bounds,
    ),
    Rule(
        "scores",
        "Risk scores are 1 to 4 for low, 5 to 7 for medium, 8 to 10 for high, 1 for lost",
        _LEVELS,
        _risk_scores,
    ),
    Rule(
        "scores",
        "Engagement is 40 e^(-silent days / 30) + 30 min(1, active days per 30 days / 4) + "
        "30 (1 - e^(-(sessions + clicks / 5 + 3 conversions) / 10))",
        "`domain/models/engagement.py`",
        _engagement_score,
    ),
    Rule(
        "segments",
        "The engagement segment is the first that holds of new, churned, at risk, high value, "
        "active, low engagement",
        "`domain/models/engagement.py`",
        _engagement_segment,
    ),
    Rule(
        "dates",
        "A predicted churn date is to come; one that has passed is `likely_inactive_since`",
        "`application/scoring/shards.py`",
        _dates,
    ),
    Rule(
        "dates",
        "`last_seen_on` is the day of the last order or event before the run",
        "`application/scoring/shards.py`",
        _last_seen,
    ),
)
