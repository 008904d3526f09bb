"""The demo data of a local run: loaded, scored up to 1 July 1998, and removed again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from local.demo import (
    CONTACT,
    SCORED_AT,
    Call,
    Progress,
    Summary,
    is_contact_form_as_loaded,
    load,
)
from local.demo_removal import remove_demo, remove_mails
from local.demo_runs import Invoke, score_demo
from local.past_campaign import run_past_campaign
from local.past_leads import forget_costs, record_past_leads
from succotash.container import Container
from succotash.domain.retention.retention import run_id_of

type Step = Callable[[str], AbstractContextManager[Progress]]


@contextmanager
def untold(_: str) -> Iterator[Progress]:
    """A step that nobody hears of."""
    yield lambda _: None


class LocalDemo:
    """Brings the demo data into a local run, and takes it out."""

    def __init__(
        self, call: Call, invoke: Invoke, container: Container, admin_url: str | None = None
    ) -> None:
        self._call = call
        self._invoke = invoke
        self._container = container
        self._admin_url = admin_url

    def load(self, step: Step = untold) -> Summary:
        """Load all that is not there yet, score it, and let a campaign run in the summer after.

        A contact form that somebody has changed may ask for more than invented people answer.
        """
        with step("Loading the demo data") as progress:
            loaded = load(self._call, progress)
        with step("Adding leads of the past"):
            has_form = is_contact_form_as_loaded(self._call)
            leads = record_past_leads(self._container) if has_form else 0
        with step("Scoring every customer"):
            score_demo(self._call, self._invoke)
        with step("Running a campaign of 1998"):
            has_run = run_past_campaign(self._container)
        return replace(
            loaded,
            submissions=loaded.submissions + leads,
            campaigns=loaded.campaigns + has_run,
        )

    def place(self) -> str:
        """The address of the dashboard's page that has the most to show."""
        runs = self._call("GET", "/retention/model").body["runs"]
        current = next((each["run_id"] for each in runs if each["state"] == "current"), None)
        last_day = (SCORED_AT - timedelta(days=1)).date()
        return f"#/?end={last_day}" if current == run_id_of(SCORED_AT) else ""

    def clear(self) -> int:
        """Remove all of it, and nothing else; how many rows."""
        settings = self._container.settings
        form = CONTACT if is_contact_form_as_loaded(self._call) else None
        removed = remove_demo(settings.storage, self._admin_url, form=form)
        if settings.mail_folder is not None:
            remove_mails(Path(settings.mail_folder), removed.addresses)
        return removed.rows + forget_costs(self._call)
