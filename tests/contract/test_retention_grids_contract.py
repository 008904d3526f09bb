"""Retention grids from every origin, counted on request and kept by runs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.grids import (
    CohortAnchor,
    CohortMembership,
    GridRequest,
    GridWindows,
)
from succotash.domain.retention.retention import GridCell, GridMode, GridPeriod, ScoringRun
from succotash.domain.value.ledgers import ActivityEvent, Order
from succotash.domain.values import Shard
from tests.builders import NOON, a_lead, a_run, a_submission, an_order, days, minutes
from tests.contract.conftest import NewStorage
from tests.contract.on_paper import period_start as start_on_paper
from tests.contract.on_paper import purchases_on_paper
from tests.contract.shards import every_shard
from tests.strategies import (
    CUSTOMERS,
    MODEST,
    activities,
    instants,
    ledgers,
    submission_states,
    zones,
)

type Happenings = Mapping[str, Sequence[tuple[datetime, int]]]
"""What each person did when, and for how much, in ten-thousandths."""
type Submitted = Sequence[tuple[str, datetime, SubmissionState]]
"""By whom as a customer, when, and what became of it."""

DAY = NOON.date()
LATER = NOON + days(40)
HOURS_PERIODS = {GridPeriod.DAY: 1, GridPeriod.WEEK: 7, GridPeriod.MONTH: 30}


def daily(**changes: object) -> GridRequest:
    """The grid of the days around NOON."""
    given: dict[str, object] = {"start": DAY, "end": DAY + timedelta(10), "period": GridPeriod.DAY}
    return GridRequest(**(given | changes))  # type: ignore[arg-type]


def falls_on(
    request: GridRequest, joined: datetime, moment: datetime, place: int, zone: ZoneInfo
) -> bool:
    """Whether something then is something at this place of the life of who joined then."""
    born, day = joined.astimezone(zone).date(), moment.astimezone(zone).date()
    by_hours = request.windows is GridWindows.HOURS
    elapsed = (moment - joined).days if by_hours else (day - born).days
    if request.mode is GridMode.BRACKETS:
        first, last = request.brackets[place]
        return first <= elapsed <= last
    if by_hours:
        length = HOURS_PERIODS[request.period]
        return place * length <= elapsed < (place + 1) * length
    start = start_on_paper(born, request.period)
    match request.period:
        case GridPeriod.DAY:
            return elapsed == place
        case GridPeriod.WEEK:
            return 7 * place <= (day - start).days < 7 * (place + 1)
        case GridPeriod.MONTH:
            return (day.year - start.year) * 12 + day.month - start.month == place


def counts_at(
    request: GridRequest, joined: datetime, moment: datetime, place: int, zone: ZoneInfo
) -> bool:
    if request.mode is GridMode.UNBOUNDED:
        return not any(falls_on(request, joined, moment, each, zone) for each in range(place))
    return falls_on(request, joined, moment, place, zone)


def counted_on_paper(
    request: GridRequest, joins: Happenings, returns: Happenings, time_zone: str
) -> list[GridCell]:
    """The grid by its definition: every cell asks everybody."""
    zone = ZoneInfo(time_zone)
    members: dict[date, list[tuple[str, datetime]]] = defaultdict(list)
    for person, happened in joins.items():
        by_cohort: dict[date, datetime] = {}
        for moment, _ in sorted(happened):
            cohort = start_on_paper(moment.astimezone(zone).date(), request.period)
            by_cohort.setdefault(cohort, moment)
        if request.entry is CohortMembership.FIRST_TIME:
            by_cohort = dict([min(by_cohort.items(), key=lambda each: each[1])])
        for cohort, moment in by_cohort.items():
            first = start_on_paper(request.start, request.period)
            if first <= cohort <= start_on_paper(request.end, request.period):
                members[cohort].append((person, moment))
    cells = []
    for cohort, who in sorted(members.items()):
        for place in range(request.last_offset + 1):
            active, revenue = 0, 0
            for person, joined in who:
                found = [
                    units
                    for moment, units in returns.get(person, ())
                    if moment >= joined and counts_at(request, joined, moment, place, zone)
                ]
                active += bool(found)
                revenue += sum(found)
            if place == 0 and request.mode is not GridMode.BRACKETS:
                active = len(who)
            if active or place == 0:
                cells.append(GridCell(cohort, len(who), place, active, revenue))
    return cells


def bought_on_paper(orders: Sequence[Order], as_of: datetime) -> Happenings:
    people = {order.customer_id for order in orders}
    found = {
        person: [
            (moment, int(net.scaleb(4)))
            for moment, net in purchases_on_paper(
                [order for order in orders if order.customer_id == person], as_of
            )
        ]
        for person in people
    }
    return {person: happened for person, happened in found.items() if happened}


def did_on_paper(events: Sequence[ActivityEvent], as_of: datetime) -> Happenings:
    found: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for event in events:
        if event.occurred_at <= as_of:
            found[event.customer_id].append((event.occurred_at, 0))
    return found


def record(
    repositories: Repositories,
    orders: Sequence[Order],
    events: Sequence[ActivityEvent],
    submitted: Submitted,
    as_of: datetime,
) -> Mapping[CohortAnchor, tuple[Happenings, Happenings]]:
    """Let a storage have all of it; by origin, when each joined and what they did."""
    # The third and the fourth customer are one person, who is the third lead.
    leads = dict(zip(CUSTOMERS, ("ada", "bob", "zoe", "zoe"), strict=True))
    for lead in set(leads.values()):
        repositories.forms.save_lead(a_lead(lead))
    repositories.ltv.record_orders(
        [
            replace(order, canonical_email=f"{leads[order.customer_id]}@example.com")
            for order in orders
        ]
    )
    repositories.retention.record_activity(events)
    asked: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for number, (customer, moment, state) in enumerate(submitted):
        repositories.forms.save_form_submission(
            a_submission(f"s-{number}", submitted_at=moment, lead_id=leads[customer], state=state)
        )
        if state in {SubmissionState.ACCEPTED, SubmissionState.DUPLICATE} and moment <= as_of:
            asked[leads[customer]].append((moment, 0))
    did, bought = did_on_paper(events, as_of), bought_on_paper(orders, as_of)
    returned: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for happenings in (did, bought):
        for customer, happened in happenings.items():
            # Only who ordered is tied to a lead, by the address.
            if any(order.customer_id == customer for order in orders):
                returned[leads[customer]] += happened
    return {
        CohortAnchor.PURCHASE: (bought, bought),
        CohortAnchor.ACTIVITY: (
            did,
            {person: [*did[person], *bought.get(person, ())] for person in did},
        ),
        CohortAnchor.FORM: (asked, returned),
    }


def kept_on_paper(
    joins: Happenings, returns: Happenings, period: GridPeriod, mode: GridMode, time_zone: str
) -> list[GridCell]:
    """The grid of all cohorts that chance makes, year by year, without revenue."""
    cells = {}
    for year in (2023, 2024, 2025):
        request = GridRequest(date(year, 1, 1), date(year, 12, 31), period, mode)
        for cell in counted_on_paper(request, joins, returns, time_zone):
            cells[cell.cohort_starts_on, cell.offset] = replace(cell, revenue=None)
    return [cell for _, cell in sorted(cells.items())]


submissions = st.lists(
    st.tuples(st.sampled_from(CUSTOMERS), instants, submission_states), max_size=12
)
requests = st.builds(
    GridRequest,
    start=st.dates(date(2023, 12, 1), date(2024, 4, 3)),
    end=st.dates(date(2024, 4, 3), date(2024, 11, 1)),
    period=st.sampled_from(GridPeriod),
    mode=st.sampled_from(GridMode),
    entry=st.sampled_from(CohortMembership),
    windows=st.sampled_from(GridWindows),
    brackets=st.sampled_from([((0, 0), (1, 7), (8, 30)), ((2, 5),), ((0, 3), (10, 400))]),
)


class TestCountedGrids:
    @MODEST
    @given(orders=ledgers(), as_of=instants, zone=zones, request=requests)
    def test_grids_of_purchases_agree_with_counting_on_paper(
        self,
        new_storage: NewStorage,
        orders: Sequence[Order],
        as_of: datetime,
        zone: str,
        request: GridRequest,
    ) -> None:
        repositories = new_storage().repositories
        repositories.ltv.record_orders(orders)
        bought = bought_on_paper(orders, as_of)

        cells = repositories.retention.count_retention(request, as_of, zone)

        assert cells == counted_on_paper(request, bought, bought, zone)

    @MODEST
    @given(orders=ledgers(), events=activities(), as_of=instants, zone=zones, request=requests)
    def test_grids_of_activity_agree_with_counting_on_paper(
        self,
        new_storage: NewStorage,
        orders: Sequence[Order],
        events: Sequence[ActivityEvent],
        as_of: datetime,
        zone: str,
        request: GridRequest,
    ) -> None:
        repositories = new_storage().repositories
        repositories.ltv.record_orders(orders)
        repositories.retention.record_activity(events)
        joins, bought = did_on_paper(events, as_of), bought_on_paper(orders, as_of)
        returns = {person: [*joins[person], *bought.get(person, ())] for person in joins}
        request = replace(request, origin=CohortAnchor.ACTIVITY)

        cells = repositories.retention.count_retention(request, as_of, zone)

        assert cells == counted_on_paper(request, joins, returns, zone)

    @MODEST
    @given(
        orders=ledgers(),
        events=activities(),
        submitted=submissions,
        as_of=instants,
        zone=zones,
        request=requests,
    )
    def test_grids_of_forms_agree_with_counting_on_paper(
        self,
        new_storage: NewStorage,
        orders: Sequence[Order],
        events: Sequence[ActivityEvent],
        submitted: Submitted,
        as_of: datetime,
        zone: str,
        request: GridRequest,
    ) -> None:
        repositories = new_storage().repositories
        joins, returns = record(repositories, orders, events, submitted, as_of)[CohortAnchor.FORM]
        request = replace(request, origin=CohortAnchor.FORM)

        cells = repositories.retention.count_retention(request, as_of, zone)

        assert cells == counted_on_paper(request, joins, returns, zone)

    def test_calendar_days_and_windows_of_24_hours_differ_around_midnight(
        self, repositories: Repositories
    ) -> None:
        evening = NOON + minutes(11 * 60)
        repositories.ltv.record_orders(
            [an_order("1", ordered_at=evening), an_order("2", ordered_at=evening + minutes(120))]
        )
        count = repositories.retention.count_retention

        by_days = count(daily(), LATER, "UTC")
        by_hours = count(daily(windows=GridWindows.HOURS), LATER, "UTC")

        assert [(cell.offset, cell.active, cell.revenue) for cell in by_days] == [
            (0, 1, 100_000),
            (1, 1, 100_000),
        ]
        assert [(cell.offset, cell.active, cell.revenue) for cell in by_hours] == [(0, 1, 200_000)]

    def test_who_comes_again_joins_every_cohort_of_a_recurring_grid(
        self, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [an_order(str(day), ordered_at=NOON + days(day)) for day in (0, 1, 5)]
        )
        request = daily(entry=CohortMembership.RECURRING)

        cells = repositories.retention.count_retention(request, LATER, "UTC")

        counted = [((cell.cohort_starts_on - DAY).days, cell.offset) for cell in cells]
        assert counted == [(0, 0), (0, 1), (0, 5), (1, 0), (1, 4), (5, 0)]
        assert {cell.cohort_size for cell in cells} == {1}

    def test_cohorts_outside_of_the_range_are_not_counted(self, repositories: Repositories) -> None:
        repositories.ltv.record_orders(
            [
                an_order(str(day), customer_id=str(day), ordered_at=NOON + days(day))
                for day in (-1, 0, 10, 11)
            ]
        )

        cells = repositories.retention.count_retention(daily(), LATER, "UTC")

        assert [cell.cohort_starts_on for cell in cells] == [DAY, DAY + timedelta(10)]

    def test_a_cohort_nobody_came_back_from_is_shown(self, repositories: Repositories) -> None:
        repositories.ltv.record_orders([an_order()])
        request = daily(mode=GridMode.BRACKETS, brackets=((5, 6),))

        cells = repositories.retention.count_retention(request, LATER, "UTC")

        assert cells == [GridCell(DAY, 1, 0, 0, 0)]


def keep(
    retention: RetentionRepository, run: ScoringRun, zone: str, shards: Sequence[Shard]
) -> None:
    """Let the run keep its grids and become current; doing it again changes nothing."""
    run = replace(run, settings={"time_zone": zone})
    retention.open_scoring_run(run)
    for shard in (*shards, *shards):
        retention.finish_shard(run, shard, 0)
    retention.build_retention_grids(run.run_id, run.as_of, zone)
    retention.finish_scoring_run(run.run_id, 0)


class TestKeptGrids:
    @MODEST
    @given(
        orders=ledgers(),
        events=activities(),
        submitted=submissions,
        as_of=instants,
        zone=zones,
        shards=st.sampled_from([[], every_shard()]),
        kind=st.tuples(st.sampled_from(GridPeriod), st.sampled_from(GridMode)),
    )
    def test_grids_that_runs_keep_agree_with_counting_on_paper(
        self,
        new_storage: NewStorage,
        orders: Sequence[Order],
        events: Sequence[ActivityEvent],
        submitted: Submitted,
        as_of: datetime,
        zone: str,
        shards: Sequence[Shard],
        kind: tuple[GridPeriod, GridMode],
    ) -> None:
        repositories, run = new_storage().repositories, a_run(as_of)
        expected = record(repositories, orders, events, submitted, as_of)
        retention = repositories.retention

        keep(retention, run, zone, shards)

        for origin, (joins, returns) in expected.items():
            cells = retention.get_retention_grid(*kind, origin)
            assert cells == kept_on_paper(joins, returns, *kind, zone), origin

    def test_a_lead_is_one_however_many_customers_they_are(
        self, repositories: Repositories
    ) -> None:
        retention, run = repositories.retention, a_run(LATER)
        repositories.forms.save_lead(a_lead("ada"))
        repositories.forms.save_form_submission(a_submission("s", lead_id="ada"))
        repositories.ltv.record_orders(
            [
                an_order(
                    "1",
                    customer_id=f"ada-{number}",
                    ordered_at=NOON + days(3),
                    email="ada@example.com",
                )
                for number in range(20)  # in several shards
            ]
        )
        keep(retention, run, "UTC", every_shard())

        cells = retention.get_retention_grid(GridPeriod.DAY, GridMode.NDAY, CohortAnchor.FORM)

        assert cells == [GridCell(DAY, 1, 0, 1), GridCell(DAY, 1, 3, 1)]
