-- name: rights_of_role
SELECT
    relname,
    has_table_privilege(oid, 'SELECT'),
    has_table_privilege(oid, 'INSERT'),
    has_table_privilege(oid, 'UPDATE'),
    has_table_privilege(oid, 'DELETE')
FROM pg_class
WHERE relnamespace = CAST('public' AS regnamespace) AND relkind IN ('r', 'p', 'v');
