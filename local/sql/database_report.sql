-- name: connections
WITH counted AS (
    SELECT
        cast(current_setting('max_connections') AS integer) AS allowed,
        cast(current_setting('superuser_reserved_connections') AS integer) AS reserved,
        count(*) AS used
    FROM pg_stat_activity
    WHERE backend_type = 'client backend'
)

SELECT
    used,
    allowed,
    reserved,
    round(cast(used AS numeric) / allowed, 2) AS share
FROM counted;

-- name: sessions
WITH sessions AS (
    SELECT
        xact_start,
        CASE
            WHEN application_name LIKE 'succotash:%' THEN split_part(application_name, ':', 2)
            ELSE coalesce(nullif(application_name, ''), '-')
        END AS function_name,
        coalesce(usename, '-') AS user_name,
        coalesce(state, 'hidden') AS state
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
)

SELECT
    function_name,
    user_name,
    state,
    count(*) AS sessions,
    coalesce(cast(date_trunc('second', max(now() - xact_start)) AS text), '-') AS oldest
FROM sessions
GROUP BY function_name, user_name, state
ORDER BY count(*) DESC, function_name ASC, user_name ASC, state ASC;

-- name: sizes
WITH tables AS (
    SELECT
        own.oid,
        own.reltuples,
        coalesce(parent.relname, own.relname) AS name
    FROM pg_class AS own
    LEFT JOIN pg_inherits ON own.oid = pg_inherits.inhrelid
    LEFT JOIN pg_class AS parent ON pg_inherits.inhparent = parent.oid
    WHERE own.relkind = 'r' AND own.relnamespace = cast('public' AS regnamespace)
)

SELECT
    name,
    sum(greatest(reltuples, 0)) AS estimated_rows,
    pg_size_pretty(sum(pg_table_size(oid))) AS table_size,
    pg_size_pretty(sum(pg_indexes_size(oid))) AS index_size,
    pg_size_pretty(sum(pg_total_relation_size(oid))) AS total_size
FROM tables
GROUP BY name
ORDER BY sum(pg_total_relation_size(oid)) DESC, name ASC;

-- name: partitions
WITH partitions AS (
    SELECT
        parent.relname AS parent_name,
        pg_total_relation_size(pg_inherits.inhrelid) AS size
    FROM pg_inherits
    INNER JOIN pg_class AS parent ON pg_inherits.inhparent = parent.oid
    WHERE parent.relkind = 'p'
)

SELECT
    parent_name,
    count(*) AS partitions,
    pg_size_pretty(max(size)) AS largest,
    pg_size_pretty(avg(size)) AS mean,
    round(max(size) / nullif(avg(size), 0), 2) AS largest_to_mean
FROM partitions
GROUP BY parent_name
ORDER BY parent_name;

-- name: found_in_memory
WITH counted AS (
    SELECT
        'tables' AS kind,
        coalesce(sum(heap_blks_hit), 0) AS hits,
        coalesce(sum(heap_blks_read), 0) AS reads
    FROM pg_statio_user_tables
    UNION ALL
    SELECT
        'indexes' AS kind,
        coalesce(sum(idx_blks_hit), 0) AS hits,
        coalesce(sum(idx_blks_read), 0) AS reads
    FROM pg_statio_user_indexes
)

SELECT
    kind,
    hits + reads AS blocks,
    round(hits / nullif(hits + reads, 0), 4) AS share
FROM counted
ORDER BY kind DESC;

-- name: unused_indexes
SELECT
    used.indexrelname,
    used.relname,
    pg_size_pretty(pg_relation_size(used.indexrelid)) AS size
FROM pg_stat_user_indexes AS used
INNER JOIN pg_index ON used.indexrelid = pg_index.indexrelid AND NOT pg_index.indisunique
WHERE used.idx_scan = 0
ORDER BY pg_relation_size(used.indexrelid) DESC, used.indexrelname ASC
LIMIT 20;

-- name: dead_rows
SELECT
    relname,
    n_live_tup,
    n_dead_tup,
    round(cast(n_dead_tup AS numeric) / (n_live_tup + n_dead_tup), 2) AS share,
    coalesce(cast(date_trunc('second', last_autovacuum) AS text), 'never') AS vacuumed
FROM pg_stat_user_tables
WHERE n_dead_tup > 1000
ORDER BY n_dead_tup DESC, relname ASC
LIMIT 20;

-- name: scoring_runs
SELECT
    run_id,
    cast(as_of AS text) AS as_of_text,
    state,
    customers,
    cast(date_trunc('minute', now() - as_of) AS text) AS age
FROM scoring_runs
ORDER BY as_of DESC, run_id ASC
LIMIT 5;

-- name: waiting_messages
WITH waiting AS (
    SELECT
        set_aside_at,
        due_at,
        occurred_at
    FROM outbox
    WHERE delivered_at IS NULL
)

SELECT
    count(*) FILTER (WHERE set_aside_at IS NULL) AS waiting,
    count(*) FILTER (WHERE set_aside_at IS NULL AND due_at <= now()) AS due,
    count(*) FILTER (WHERE set_aside_at IS NOT NULL) AS set_aside,
    coalesce(
        cast(
            date_trunc(
                'second', now() - min(occurred_at) FILTER (WHERE set_aside_at IS NULL)
            ) AS text
        ),
        '-'
    ) AS oldest
FROM waiting;

-- name: slowest_statements
WITH slowest AS (
    SELECT
        stats.calls,
        stats.rows AS rows_given,
        stats.total_exec_time AS total,
        stats.mean_exec_time AS mean,
        left(regexp_replace(stats.query, '\s+', ' ', 'g'), 100) AS statement
    FROM pg_stat_statements AS stats
    INNER JOIN pg_database ON stats.dbid = pg_database.oid
    WHERE pg_database.datname = current_database()
    ORDER BY stats.total_exec_time DESC
    LIMIT 10
)

SELECT
    calls,
    rows_given,
    statement,
    round(cast(total AS numeric), 0) AS total_milliseconds,
    round(cast(mean AS numeric), 2) AS mean_milliseconds
FROM slowest
ORDER BY total DESC;
