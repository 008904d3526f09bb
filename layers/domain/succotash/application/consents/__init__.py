"""Consent: recording what people said may be sent to them, and showing it."""
