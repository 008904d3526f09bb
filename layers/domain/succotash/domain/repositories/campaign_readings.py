"""The port to what the looks at a campaign counted."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from succotash.domain.campaigns.readings import LookReading, LookTerms, LookTotals
from succotash.domain.values import CampaignId


class CampaignReadingRepository(ABC):
    """Totals of a campaign's members, and looks as they were first read."""

    @abstractmethod
    def total_looks(self, terms: LookTerms) -> list[LookTotals]:
        """Sum the revenue of both groups, by look in the order asked for, in one statement.

        A member counts at the first look at or after the close of their window. Theirs are the
        orders of all customers with their address, placed after they were assigned and not after
        the close, in the currency asked for, less the refunds of these orders within the same time.
        An order counts as a purchase where it has no refund or is worth something after them.
        Nothing was foreseen in another currency. Who was erased counts as a member who bought
        nothing.
        """

    @abstractmethod
    def save_look_readings(self, campaign_id: CampaignId, readings: Sequence[LookReading]) -> None:
        """Keep the readings of looks that have none yet; those that have one stay."""

    @abstractmethod
    def get_look_readings(self, campaign_id: CampaignId) -> list[LookReading]:
        """The campaign's readings, in the order of looks."""
