"""Campaigns: what they say to whom, finding those, and what came of it."""
