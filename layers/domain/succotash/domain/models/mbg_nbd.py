"""The MBG/NBD model of repeat purchases: a BG/NBD whose customers may leave at once.

E. P. Batislam, M. Denizel and A. Filiztekin (2007), Empirical validation and comparison of models
for customer base analysis, International Journal of Research in Marketing 24(3), 201-209; D. Hoppe
and U. Wagner (2007), Customer base analysis: The case for a central variant of the
betageometric/NBD model, Marketing - Journal of Research and Management 3(2), 75-90. Customers may
leave after their first purchase as after any later one, so that one-time buyers need not be alive
for certain. Parameters as in the R package BTYDplus.
"""

from dataclasses import dataclass
from typing import ClassVar, override

from succotash.domain.models.beta_geometric import BetaGeometric, fit_beta_geometric
from succotash.domain.models.likelihood import Fitted, Prior
from succotash.domain.models.purchases import PurchaseSample


@dataclass(frozen=True, slots=True)
class MBGNBD(BetaGeometric):
    """MBG/NBD with its four parameters; alpha in days, the others without unit."""

    early_chances: ClassVar[int] = 1

    @property
    @override
    def name(self) -> str:
        return "MBG/NBD"


def fit_mbg_nbd(
    sample: PurchaseSample, start: MBGNBD | None = None, *, prior: Prior | None = None
) -> Fitted[MBGNBD]:
    """The likeliest MBG/NBD; the search begins at `start` where one is given.

    Raises UnfitError where nobody bought again or no time has passed, when the likelihood has no
    maximum.
    """
    return fit_beta_geometric(MBGNBD, sample, start, prior)
