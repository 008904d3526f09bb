"""Consent: what people said may be sent to them, and addresses that get no more mail."""
