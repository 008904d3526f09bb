"""Statements about the retention grids that runs keep: counted by shard, added up, read."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.domain.retention.retention import BRACKETS, GRID_LENGTHS, GridPeriod
from succotash.infrastructure.postgres.sql.purchases import MOMENT, PURCHASES
from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN, NAMED_RUN

CLEAR_GRIDS = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM grid_cells WHERE run_id = (SELECT run_id FROM run)
)
SELECT run_id FROM run
"""
CLEAR_GRID_PARTS = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM grid_parts
    WHERE run_id = (SELECT run_id FROM run)
        AND (CAST(:shard AS smallint) IS NULL OR shard = CAST(:shard AS smallint))
)
SELECT run_id FROM run
"""
# When the lead whose id stands there asked for the first time.
_ASKED_AT = """
SELECT min(submitted_at) AS asked_at
FROM form_submissions
WHERE form_submissions.lead_id = {lead_id} AND state IN ('accepted', 'duplicate')
    AND submitted_at <= (SELECT as_of FROM moment)
"""
# Who comes after the run's moment ties no lead to a second customer between shards and finish.
_OTHER_CUSTOMER_OF_THE_LEAD = """
SELECT
FROM customers AS other
WHERE other.lead_id = known.lead_id AND other.customer_id <> known.customer_id
    AND other.first_seen_at <= (SELECT as_of FROM moment)
"""
# What happened to whom when, as PURCHASES counts it, and when who is a lead asked: that goes along
# with it instead of being joined to it, as the planner cannot know how many leads are customers. A
# lead's other customers may be of other shards: who has any is counted when shards are merged.
_OF_CUSTOMERS = f"""
WITH {PURCHASES},
happened AS (
    SELECT
        customer_id AS person, ordered_at AS happened_at, day, true AS bought,
        CAST(NULL AS timestamptz) AS asked_at
    FROM purchases
    UNION ALL
    SELECT
        customer_id, occurred_at,
        CAST(occurred_at AT TIME ZONE (SELECT zone FROM moment) AS date), false, NULL
    FROM activity_events
    WHERE occurred_at <= (SELECT as_of FROM moment)
    UNION ALL
    SELECT customer_id, NULL, NULL, NULL, asked_at
    FROM customers AS known CROSS JOIN LATERAL ({_ASKED_AT.format(lead_id="known.lead_id")}) AS form
    WHERE lead_id IS NOT NULL
        AND (
            CAST(:shards AS integer) IS NULL OR satisfies_hash_partition(
                CAST('orders' AS regclass), CAST(:shards AS integer), CAST(:shard AS integer),
                customer_id
            )
        )
        AND first_seen_at <= (SELECT as_of FROM moment)
        AND NOT EXISTS ({_OTHER_CUSTOMER_OF_THE_LEAD})
)
"""
SHARED_LEADS = f"""
WITH {MOMENT}
SELECT customer_id, lead_id
FROM customers AS known
WHERE lead_id IS NOT NULL AND first_seen_at <= (SELECT as_of FROM moment)
    AND EXISTS ({_OTHER_CUSTOMER_OF_THE_LEAD})
"""
# Nobody joined by buying or by an event here: those are customers, and counted as such.
_OF_SHARED_LEADS = f"""
WITH {PURCHASES},
tied AS (
    SELECT customer_id COLLATE "C" AS customer_id, lead_id COLLATE "C" AS lead_id
    FROM unnest(CAST(:customer_ids AS text[]), CAST(:lead_ids AS text[])) AS item (
        customer_id, lead_id
    )
),
happened AS (
    SELECT
        lead_id AS person, ordered_at AS happened_at, day, CAST(NULL AS boolean) AS bought,
        CAST(NULL AS timestamptz) AS asked_at
    FROM purchases JOIN tied USING (customer_id)
    UNION ALL
    SELECT
        lead_id, occurred_at, CAST(occurred_at AT TIME ZONE (SELECT zone FROM moment) AS date),
        NULL, NULL
    FROM activity_events JOIN tied USING (customer_id)
    WHERE occurred_at <= (SELECT as_of FROM moment)
    UNION ALL
    SELECT lead_id, NULL, NULL, NULL, asked_at
    FROM (SELECT DISTINCT lead_id FROM tied) AS leads
    CROSS JOIN LATERAL ({_ASKED_AT.format(lead_id="leads.lead_id")}) AS form
)
"""
_STARTS = {
    GridPeriod.DAY: "{day}",
    GridPeriod.WEEK: "{day} - ({day} - DATE '0001-01-01') % 7",
    GridPeriod.MONTH: "CAST(date_trunc('month', CAST({day} AS timestamp)) AS date)",
}
_COHORTS = {period: start.format(day="first_day") for period, start in _STARTS.items()}
_PLACES = {
    GridPeriod.DAY: "day - first_day",
    GridPeriod.WEEK: f"(day - ({_COHORTS[GridPeriod.WEEK]})) / 7",
    GridPeriod.MONTH: """CAST(
        12 * (extract(year FROM day) - extract(year FROM first_day))
        + extract(month FROM day) - extract(month FROM first_day) AS integer
    )""",
}
_ACTIVE_ANEW = ", ".join(
    f"""
        count(*) FILTER (
            WHERE {start.format(day="day")} IS DISTINCT FROM {start.format(day="day_before")}
        ) AS of_{period}
    """
    for period, start in _STARTS.items()
)
_BRACKET = f"width_bucket({{age}}, ARRAY{[first for first, _ in BRACKETS]})"
_LAST_DAY_OF_BRACKET = (
    f"(ARRAY{[last for _, last in BRACKETS]})[{_BRACKET.format(age='day - first_day')}]"
)
_ACTIVE = " UNION ALL ".join(
    f"""
    SELECT
        origin, '{period}' AS period, 'active' AS kind, {_COHORTS[period]} AS starts_on,
        {_PLACES[period]} AS place, of_{period} AS members
    FROM counted
    WHERE of_{period} > 0 AND {_PLACES[period]} <= {length}
    """
    for period, length in GRID_LENGTHS.items()
)
_COHORTS_OF_DAY = ", ".join(f"('{period}', {start})" for period, start in _COHORTS.items())
_LASTS = ", ".join(
    f"('{period}', {_COHORTS[period]}, least({_PLACES[period]}, {length}))"
    for period, length in GRID_LENGTHS.items()
)
# On which days who joined when was active since, and on which the time before. Whoever joined by
# buying or by an event was active on that day; a lead was, where something came after the form. Who
# was active in a period is counted on the first day of theirs in it, so that nobody has to be told
# apart; and of those who are counted together, there are no more kinds than pairs of days.
# 0001-01-01 was a Monday, with which weeks begin (ISO 8601). Rows go in in order, so that of two
# who score the same shard one waits.
_PARTS = f"""
, by_day AS (
    SELECT
        person, day, bool_or(bought) AS bought, bool_or(NOT bought) AS did,
        max(happened_at) AS latest, min(asked_at) AS asked_at
    FROM happened
    GROUP BY person, day
),
days AS MATERIALIZED (
    SELECT
        day, bought, latest,
        min(day) FILTER (WHERE bought) OVER whole AS first_bought,
        max(day) FILTER (WHERE bought) OVER whole AS last_bought,
        min(day) FILTER (WHERE did) OVER whole AS first_did,
        max(day) OVER whole AS last_day,
        min(asked_at) OVER whole AS asked_at,
        min(CAST(asked_at AT TIME ZONE (SELECT zone FROM moment) AS date)) OVER whole AS asked_on,
        max(day) FILTER (WHERE bought) OVER earlier AS bought_before,
        max(day) OVER earlier AS day_before,
        max(latest) OVER earlier AS latest_before
    FROM by_day
    WINDOW
        whole AS (PARTITION BY person),
        earlier AS (
            PARTITION BY person ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
),
lives AS (
    SELECT
        'purchase' AS origin, first_bought AS first_day, day, bought_before AS day_before,
        day = last_bought AS is_last
    FROM days
    WHERE bought
    UNION ALL
    SELECT
        'activity', first_did, day, CASE WHEN day_before >= first_did THEN day_before END,
        day = last_day
    FROM days
    WHERE day >= first_did
    UNION ALL
    SELECT
        'form', asked_on, day, CASE WHEN latest_before >= asked_at THEN day_before END,
        day = last_day
    FROM days
    WHERE latest >= asked_at AND day >= asked_on
),
counted AS MATERIALIZED (
    SELECT
        origin, first_day, day, {_ACTIVE_ANEW},
        count(*) FILTER (
            WHERE {_BRACKET.format(age="day - first_day")}
                IS DISTINCT FROM {_BRACKET.format(age="day_before - first_day")}
        ) AS of_bracket,
        count(*) FILTER (WHERE is_last) AS lasts
    FROM lives
    GROUP BY origin, first_day, day
),
placed AS (
    {_ACTIVE}
    UNION ALL
    SELECT origin, period, 'last', starts_on, place, lasts
    FROM counted CROSS JOIN LATERAL (VALUES {_LASTS}) AS periods (period, starts_on, place)
    WHERE lasts > 0
    UNION ALL
    SELECT
        origin, 'day', 'bracket', first_day, {_BRACKET.format(age="day - first_day")} - 1,
        of_bracket
    FROM counted
    WHERE of_bracket > 0 AND day - first_day <= {_LAST_DAY_OF_BRACKET}
),
cells AS (
    SELECT origin, period, kind, starts_on, place, CAST(sum(members) AS integer) AS members
    FROM placed
    GROUP BY origin, period, kind, starts_on, place
)
INSERT INTO grid_parts (run_id, shard, origin, period, kind, cohort_starts_on, places, members)
SELECT
    CAST(:run_id AS text), CAST(:shard AS smallint), origin, period, kind, starts_on,
    array_agg(place), array_agg(members)
FROM cells
GROUP BY origin, period, kind, starts_on
ORDER BY origin, period, kind, starts_on
"""
BUILD_GRID_PARTS = f"{_OF_CUSTOMERS}{_PARTS}"
BUILD_SHARED_GRID_PARTS = f"{_OF_SHARED_LEADS}{_PARTS}"
# A shard whose customers were not active in a cell has no part of it. Everybody who joined by
# buying or by an event is at place 0; of leads, who never came back has no part at all. Leads may
# be erased, or tied to more customers, since their shard was counted: no cell exceeds its cohort.
MERGE_GRIDS = f"""
WITH {MOMENT},
added AS MATERIALIZED (
    SELECT origin, period, kind, cohort_starts_on, place, sum(item.members) AS members
    FROM grid_parts
    CROSS JOIN LATERAL unnest(places, grid_parts.members) AS item (place, members)
    WHERE run_id = :run_id
    GROUP BY origin, period, kind, cohort_starts_on, place
),
leads AS (
    SELECT min(submitted_at) AS asked_at
    FROM form_submissions
    WHERE lead_id IS NOT NULL AND state IN ('accepted', 'duplicate')
        AND submitted_at <= (SELECT as_of FROM moment)
    GROUP BY lead_id
),
asked AS (
    SELECT
        CAST(asked_at AT TIME ZONE (SELECT zone FROM moment) AS date) AS first_day,
        count(*) AS members
    FROM leads
    GROUP BY first_day
),
sizes AS MATERIALIZED (
    SELECT origin, period, cohort_starts_on, members AS size
    FROM added
    WHERE kind = 'active' AND place = 0 AND origin <> 'form'
    UNION ALL
    SELECT 'form', period, starts_on, sum(members)
    FROM asked CROSS JOIN LATERAL (VALUES {_COHORTS_OF_DAY}) AS periods (period, starts_on)
    GROUP BY period, starts_on
),
counted AS (
    SELECT origin, period, 'nday' AS mode, cohort_starts_on, place, members AS active
    FROM added
    WHERE kind = 'active'
    UNION ALL
    SELECT origin, period, 'unbounded', cohort_starts_on, reached.place, sum(members)
    FROM added CROSS JOIN generate_series(0, added.place) AS reached (place)
    WHERE kind = 'last'
    GROUP BY origin, period, cohort_starts_on, reached.place
    UNION ALL
    SELECT origin, periods.period, 'brackets', starts_on, place, sum(members)
    FROM (
        SELECT origin, cohort_starts_on AS first_day, place, members
        FROM added
        WHERE kind = 'bracket'
    ) AS bracketed
    CROSS JOIN LATERAL (VALUES {_COHORTS_OF_DAY}) AS periods (period, starts_on)
    GROUP BY origin, periods.period, starts_on, place
    UNION ALL
    SELECT origin, period, mode, cohort_starts_on, 0, CASE mode WHEN 'brackets' THEN 0 ELSE size END
    FROM sizes CROSS JOIN unnest(ARRAY['nday', 'unbounded', 'brackets']) AS modes (mode)
),
gone AS (
    DELETE FROM grid_parts WHERE run_id = :run_id
)
INSERT INTO grid_cells (
    run_id, origin, period, mode, cohort_starts_on, place, cohort_size, active
)
SELECT
    CAST(:run_id AS text), origin, period, mode, cohort_starts_on, place, size,
    least(max(active), size)
FROM counted JOIN sizes USING (origin, period, cohort_starts_on)
GROUP BY origin, period, mode, cohort_starts_on, place, size
"""
GET_GRID = f"""
SELECT cohort_starts_on, cohort_size, place, active
FROM grid_cells
WHERE run_id = {CURRENT_RUN} AND origin = :origin AND period = :period AND mode = :mode
ORDER BY cohort_starts_on, place
"""
