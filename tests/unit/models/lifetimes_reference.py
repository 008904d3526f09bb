"""`lifetimes`, the library to agree with; importing it sets an option that pandas gave up."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter, GammaGammaFitter

__all__ = ["BetaGeoFitter", "GammaGammaFitter"]
