"""Who is held out: always the same, as many as asked for, and others in each campaign."""

import hmac
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from succotash.domain.campaigns.assignment import Arm, assigned_arm, assignment_score

KEY = "a key of at least sixteen characters"
ADDRESSES = [f"person-{number}@example.com" for number in range(20_000)]


def scores(campaign: str, key: str = KEY) -> list[float]:
    return [assignment_score(key, campaign, each) for each in ADDRESSES]


def held_out(campaign: str, share: float = 0.1) -> np.ndarray:
    return np.array([assigned_arm(each, share) is Arm.HOLDOUT for each in scores(campaign)])


def test_the_score_is_the_start_of_a_keyed_hash() -> None:
    content = b"campaign\0spring\0ada@example.com"
    digest = hmac.digest(KEY.encode(), content, "sha256")

    found = assignment_score(KEY, "spring", "ada@example.com")

    assert found == (int.from_bytes(digest[:8]) >> 11) / 2**53
    assert found == assignment_score(KEY, "spring", "ada@example.com")


def test_scores_are_uniform() -> None:
    assert kstest(scores("spring"), "uniform").pvalue > 0.001
    counts = np.histogram(scores("autumn"), bins=100, range=(0, 1))[0]
    assert chisquare(counts).pvalue > 0.001


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_a_share_is_held_out(share: float) -> None:
    found = held_out("spring", share)

    expected = share * len(ADDRESSES)
    assert (
        chisquare([found.sum(), (~found).sum()], [expected, len(ADDRESSES) - expected]).pvalue
        > 0.001
    )


def test_nobody_is_held_out_of_a_campaign_without_a_holdout() -> None:
    assert not held_out("spring", 0.0).any()


def test_a_larger_share_holds_out_the_same_people_and_more() -> None:
    assert (held_out("spring", 0.1) <= held_out("spring", 0.2)).all()


def test_campaigns_hold_out_independently() -> None:
    """Of five campaigns, each pair shares as many as chance would give."""
    arms = [held_out(name) for name in ("a", "b", "spring", "spring-2", "spring-3")]

    for one, other in pairwise(arms):
        table = [(one & other).sum(), (one & ~other).sum(), (~one & other).sum()]
        table.append(len(ADDRESSES) - sum(table))
        expected = np.array([0.01, 0.09, 0.09, 0.81]) * len(ADDRESSES)
        assert chisquare(table, expected).pvalue > 0.001


def test_another_key_holds_out_others() -> None:
    ours, theirs = np.array(scores("spring")), np.array(scores("spring", KEY[::-1]))

    assert abs(np.corrcoef(ours, theirs)[0, 1]) < 0.03
