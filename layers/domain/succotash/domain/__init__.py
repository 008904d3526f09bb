"""Entities, values and formulas; imports no driver, no AWS and no web."""
