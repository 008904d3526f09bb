-- name: lock_migrations
SELECT pg_advisory_xact_lock(hashtextextended('succotash migration', 0)) AS locked;

-- name: is_ours
-- As REVISION_TABLE names it.
SELECT to_regclass('public.succotash_revision') IS NOT NULL AS is_ours;

-- name: get_revisions
SELECT version_num FROM public.succotash_revision;

-- name: find_tables
SELECT relname
FROM pg_class
WHERE
    relnamespace = cast('public' AS regnamespace)
    AND relkind IN ('r', 'p', 'v');

-- name: holds_tables
-- But for those of extensions.
SELECT count(*) > 0 AS holds_tables
FROM pg_class
WHERE
    pg_class.relnamespace = cast('public' AS regnamespace)
    AND pg_class.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT EXISTS (
        SELECT
        FROM pg_depend
        WHERE pg_depend.objid = pg_class.oid AND pg_depend.deptype = 'e'
    );
