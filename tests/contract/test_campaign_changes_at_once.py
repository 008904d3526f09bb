"""Changes of a campaign's draft by people who do not know of each other."""

from itertools import count

import pytest

from succotash.application.campaigns.definitions import Campaigns
from succotash.application.campaigns.views import CampaignView, without_figures
from succotash.application.preconditions import Precondition
from succotash.domain.campaigns.campaigns import CampaignChange
from succotash.domain.repositories.storage import Storage
from succotash.errors import NotFoundError, PreconditionFailedError
from tests.builders import NOON, USD
from tests.contract.threads import at_once

PEOPLE, ROUNDS = 6, 5


def campaigns(storage: Storage) -> Campaigns:
    numbers = count()
    return Campaigns(storage, lambda: NOON, lambda: f"campaign-{next(numbers)}", USD)


def only(state: CampaignView) -> Precondition:
    """That this state is stored."""
    wanted = without_figures(state)

    def require(stored: object | None) -> None:
        if stored != wanted:
            raise PreconditionFailedError

    return require


def test_of_those_who_change_the_same_state_of_a_draft_at_once_one_does(
    shared_storage: Storage,
) -> None:
    drafts = campaigns(shared_storage)
    campaign_id = drafts.create_retention_campaign("Come back")["campaign_id"]

    for round_ in range(ROUNDS):
        read = drafts.get_retention_campaign(campaign_id)

        def change(person: int, read: CampaignView = read, round_: int = round_) -> str | None:
            change = CampaignChange({"name": f"of {person} in round {round_}"})
            try:
                return drafts.update_retention_campaign(campaign_id, change, only(read))["name"]
            except PreconditionFailedError:
                return None

        changed = [name for name in at_once(change, PEOPLE) if name is not None]
        assert changed == [drafts.get_retention_campaign(campaign_id)["name"]]


def test_a_draft_that_is_changed_and_deleted_at_once_is_one_of_both(
    shared_storage: Storage,
) -> None:
    drafts = campaigns(shared_storage)

    for _ in range(ROUNDS):
        read = drafts.create_retention_campaign("Come back")
        campaign_id = read["campaign_id"]

        def act(person: int, read: CampaignView = read) -> bool:
            change = CampaignChange({"name": "Changed"})
            try:
                if person:
                    drafts.update_retention_campaign(read["campaign_id"], change, only(read))
                else:
                    drafts.delete_retention_campaign(read["campaign_id"], only(read))
            except (NotFoundError, PreconditionFailedError):
                return False
            return True

        is_deleted, *changed = at_once(act, PEOPLE)
        assert sum([is_deleted, *changed]) == 1
        if is_deleted:
            with pytest.raises(NotFoundError):
                drafts.get_retention_campaign(campaign_id)
        else:
            assert drafts.get_retention_campaign(campaign_id)["name"] == "Changed"
