-- Stripes are taken in order, so that nobody waits in a circle. A statement sees what was committed
-- before it began, so what had to wait is asked for in a statement of its own.

-- name: share_stripes
SELECT pg_advisory_xact_lock_shared(hashtextextended('erasure', ordered.stripe))
FROM (
    SELECT given.stripe
    FROM unnest(cast(:stripes AS integer[])) AS given (stripe)
    ORDER BY given.stripe
) AS ordered;

-- name: take_stripes
SELECT pg_advisory_xact_lock(hashtextextended('erasure', ordered.stripe))
FROM (
    SELECT given.stripe
    FROM unnest(cast(:stripes AS integer[])) AS given (stripe)
    ORDER BY given.stripe
) AS ordered;
