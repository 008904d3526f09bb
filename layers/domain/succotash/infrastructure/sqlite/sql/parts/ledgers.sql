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
