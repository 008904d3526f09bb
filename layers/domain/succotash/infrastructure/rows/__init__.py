"""Maps rows of either SQL adapter to the domain, by column name."""
