"""Business rules, and whether the running code obeys them on the demo data."""
