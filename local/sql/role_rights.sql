-- name: rights_of_role
SELECT
    relname,
    has_table_privilege(oid, 'SELECT') AS may_select,
    has_table_privilege(oid, 'INSERT') AS may_insert,
    has_table_privilege(oid, 'UPDATE') AS may_update,
    has_table_privilege(oid, 'DELETE') AS may_delete
FROM pg_class
WHERE relnamespace = cast('public' AS regnamespace) AND relkind IN ('r', 'p', 'v');
