"""Everything around retention in one place, as the container gives it."""

from succotash.application.campaigns.definitions import Campaigns
from succotash.application.campaigns.outcomes import CampaignOutcomes
from succotash.application.campaigns.previews import CampaignPreviews
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.retention.activity import ActivityIntake
from succotash.application.retention.analytics import RetentionReports
from succotash.application.retention.customers import CustomerRisks
from succotash.application.retention.grid_reports import GridReports
from succotash.application.retention.receipts import Receipts
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, RelayWaker
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, Currency, IdFactory


class RetentionHandler(
    ActivityIntake,
    RetentionReports,
    GridReports,
    CustomerRisks,
    Campaigns,
    CampaignPreviews,
    CampaignOutcomes,
    Receipts,
):
    """Who is slipping away, why, and what is done about it."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        currency: Currency,
        tombstones: Tombstones = NO_TOMBSTONES,
        rules: CampaignRules | None = None,
        waker: RelayWaker = NOBODY_TO_WAKE,
    ) -> None:
        """Without `rules`, campaigns go by the tombstones' keys and the rules' defaults."""
        ActivityIntake.__init__(self, storage, clock, tombstones)
        RetentionReports.__init__(self, storage, currency)
        GridReports.__init__(self, storage, currency)
        CustomerRisks.__init__(self, storage, currency)
        Campaigns.__init__(self, storage, clock, new_id, currency)
        own = rules or CampaignRules(tombstones=tombstones)
        CampaignPreviews.__init__(self, storage, clock, new_id, own, waker)
        CampaignOutcomes.__init__(self, storage, clock, own.tombstones)
        Receipts.__init__(self, storage)
