"""Scoring: the scheduled run that scores every customer."""
