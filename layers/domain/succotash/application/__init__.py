"""The use cases: what a caller may ask for, each one transaction."""
