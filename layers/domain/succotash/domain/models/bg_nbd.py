"""The BG/NBD model of repeat purchases.

P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "Counting Your Customers" the Easy Way: An
Alternative to the Pareto/NBD Model, Marketing Science 24(2), 275-284. While a customer is active,
purchases are Poisson with a rate that is gamma(r, alpha) among customers; after each repeat
purchase the customer leaves for good with a probability that is beta(a, b) among customers.
"""

from dataclasses import dataclass
from typing import ClassVar, override

from succotash.domain.models.beta_geometric import BetaGeometric, fit_beta_geometric
from succotash.domain.models.likelihood import Fitted, Prior
from succotash.domain.models.purchases import PurchaseSample


@dataclass(frozen=True, slots=True)
class BGNBD(BetaGeometric):
    """BG/NBD with its four parameters; alpha in days, the others without unit.

    P(alive): Fader, Hardie & Lee (2008), Computing P(alive) Using the BG/NBD Model. Expected
    purchases: equations (9) and (10) of the paper. Likelihood: its equation (6).
    """

    early_chances: ClassVar[int] = 0

    @property
    @override
    def name(self) -> str:
        return "BG/NBD"


def fit_bg_nbd(
    sample: PurchaseSample, start: BGNBD | None = None, *, prior: Prior | None = None
) -> Fitted[BGNBD]:
    """The likeliest BG/NBD; the search begins at `start` where one is given.

    Raises UnfitError where nobody bought again or no time has passed, when the likelihood has no
    maximum.
    """
    return fit_beta_geometric(BGNBD, sample, start, prior)
