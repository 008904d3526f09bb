"""The demo data of a local run: loaded, scored up to 1 July 1998, and removed again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from local.demo import (
    CONTACT,
    Call,
    Progress,
    Summary,
    is_contact_form_as_loaded,
    load,
)
from local.demo_removal import remove_demo, remove_mails
from local.demo_runs import Invoke, score_demo
from local.past_campaign import run_past_campaign
from succotash.container import Container

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
        """Load all that is not there yet, score it, and let a campaign run in the summer after."""
        with step("Loading the demo data") as progress:
            loaded = load(self._call, progress)
        with step("Scoring every customer"):
            score_demo(self._call, self._invoke)
        with step("Running a campaign of 1998"):
            run_past_campaign(self._container)
        return loaded

    def clear(self) -> int:
        """Remove all of it, and nothing else; how many rows."""
        settings = self._container.settings
        form = CONTACT if is_contact_form_as_loaded(self._call) else None
        removed = remove_demo(settings.storage, self._admin_url, form=form)
        if settings.mail_folder is not None:
            remove_mails(Path(settings.mail_folder), removed.addresses)
        return removed.rows
