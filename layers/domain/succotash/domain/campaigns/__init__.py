"""Campaigns: who is written to, who is held out, and what came of it."""
