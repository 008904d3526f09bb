"""How customers come to be known: by what the ledgers record of them."""

# Whom a shop means by an id: the customer of whom it is an alias, or else the one whose id it is.
MEANT = """coalesce(
    (
        SELECT named.customer_id
        FROM customer_aliases AS named
        WHERE named.system = 'shop' AND named.alias = CAST(:customer_id AS text)
    ),
    :customer_id
)"""
