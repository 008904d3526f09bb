-- name: get_server
SELECT
    rolsuper AS is_superuser,
    cast(current_setting('server_version_num') AS integer) / 10000 AS major_version,
    version() LIKE 'PostgreSQL %' AS is_postgres,
    pg_is_in_recovery() OR cast(current_setting('transaction_read_only') AS boolean)
        AS is_read_only,
    rolsuper OR (rolcreaterole AND rolcreatedb) AS may_set_up
FROM pg_roles
WHERE rolname = current_user;

-- name: lock_set_up
-- The session that holds the lock waits while another one migrates, and the server ends idle ones.
SELECT
    set_config('idle_session_timeout', '0', false) AS idle_session_timeout,
    pg_advisory_lock(hashtextextended('succotash set-up', 0)) AS locked;

-- name: get_role
SELECT rolsuper OR rolcreaterole OR rolcreatedb AS administers
FROM pg_roles
WHERE rolname = :role;

-- name: get_database
SELECT
    pg_encoding_to_char(encoding) AS encoding,
    pg_has_role(current_user, datdba, 'MEMBER') AS is_own
FROM pg_database
WHERE datname = :database;

-- name: get_iam_role
SELECT rolname
FROM pg_roles
WHERE rolname = 'rds_iam';

-- name: create_role
-- Of this and what follows the result is the command: commands take no parameters, and the server
-- itself quotes the names.
SELECT format('CREATE ROLE %I', cast(:role AS text)) AS command;

-- name: let_log_in
SELECT
    format(
        'ALTER ROLE %I LOGIN PASSWORD %L', cast(:role AS text), cast(:verifier AS text)
    ) AS command;

-- name: let_log_in_by_iam
SELECT format('ALTER ROLE %I LOGIN PASSWORD NULL', cast(:role AS text)) AS command;

-- name: grant_iam
SELECT format('GRANT rds_iam TO %I', cast(:role AS text)) AS command;

-- name: join_role
SELECT format('GRANT %I TO %I', cast(:role AS text), current_user) AS command;

-- name: create_database
SELECT
    format(
        'CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0',
        cast(:database AS text),
        cast(:owner AS text)
    ) AS command;

-- name: close_database
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', cast(:database AS text)) AS command;

-- name: open_database
SELECT
    format(
        'GRANT %s ON DATABASE %I TO %I',
        cast(:rights AS text),
        cast(:database AS text),
        cast(:role AS text)
    ) AS command;

-- name: close_schema
REVOKE CREATE ON SCHEMA public FROM public;

-- name: open_schema
SELECT format('GRANT USAGE, CREATE ON SCHEMA public TO %I', cast(:role AS text)) AS command;

-- name: limit_sessions
SELECT
    format(
        'ALTER ROLE %I IN DATABASE %I SET %I = %L',
        cast(:role AS text),
        cast(:database AS text),
        cast(:name AS text),
        cast(:value AS text)
    ) AS command;
