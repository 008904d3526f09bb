"""The use cases of retention in one object, as the container gives it."""

from succotash.application.campaigns.definitions import Campaigns
from succotash.application.campaigns.outcomes import CampaignOutcomes
from succotash.application.campaigns.previews import CampaignPreviews
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.retention.activity import ActivityIntake
from succotash.application.retention.analytics import RetentionReports
from succotash.application.retention.customers import CustomerRisks
from succotash.application.retention.grid_reports import GridReports
from succotash.application.retention.receipt_views import Receipts
from succotash.application.retention.search import CustomerSearch
from succotash.application.scoring.run_requests import RunRequests
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.delivery import (
    ANY_ADDRESS,
    NOBODY_TO_WAKE,
    RelayWaker,
    WebhookAddresses,
)
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, Currency, IdFactory


class RetentionHandler(
    ActivityIntake,
    RetentionReports,
    GridReports,
    CustomerRisks,
    CustomerSearch,
    Campaigns,
    CampaignPreviews,
    CampaignOutcomes,
    Receipts,
    RunRequests,
):
    """Answers who is at risk and why, and runs the campaigns against it."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        currency: Currency,
        tombstones: Tombstones = NO_TOMBSTONES,
        rules: CampaignRules | None = None,
        waker: RelayWaker = NOBODY_TO_WAKE,
        addresses: WebhookAddresses = ANY_ADDRESS,
    ) -> None:
        """Without `rules`, campaigns go by the tombstones' keys and the rules' defaults."""
        rules = rules or CampaignRules(tombstones=tombstones)
        ActivityIntake.__init__(self, storage, clock, tombstones)
        RetentionReports.__init__(self, storage, currency)
        GridReports.__init__(self, storage, currency)
        CustomerRisks.__init__(self, storage, currency)
        CustomerSearch.__init__(self, storage)
        Campaigns.__init__(self, storage, clock, new_id, currency, rules, addresses)
        CampaignPreviews.__init__(self, storage, clock, new_id, rules, waker)
        CampaignOutcomes.__init__(self, storage, clock, rules.tombstones)
        Receipts.__init__(self, storage)
        RunRequests.__init__(self, storage, clock, new_id, waker)
