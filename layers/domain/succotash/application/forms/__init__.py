"""Use cases around the definitions of forms, and how forms do."""
