"""Models and customers of BG/NBD to try."""

from succotash.domain.models.bg_nbd import BGNBD

WEEK = 7
PUBLISHED = BGNBD(r=0.2425945, alpha=4.4136019 * WEEK, a=0.7929199, b=2.4258881)
"""Fader, Hardie & Lee (2005), as in Hardie's note 004 on its Excel sheet; alpha in days here."""
