"""Consent: recording what people said, showing it, and keeping addresses from being written to."""
