-- part: meant
-- The customer whom an id names: by an alias, or else by its own id.
coalesce(
    (
        SELECT named.customer_id
        FROM customer_aliases AS named
        WHERE named.system = 'shop' AND named.alias = :customer_id
    ),
    :customer_id
)

-- part: event
SELECT
    event.customer_id,
    event.event_id,
    event.occurred_at,
    event.kind,
    event.name,
    event.duration_seconds,
    event.interests,
    event.campaign_id

-- part: order_entry
SELECT
    customer_id,
    order_id,
    ordered_at,
    amount,
    currency,
    refund_of
FROM orders
