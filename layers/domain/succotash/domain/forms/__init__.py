"""Forms: what they ask, and by which rules."""
