"""Leads: who submitted a form, how promising they are, and where they stand."""
