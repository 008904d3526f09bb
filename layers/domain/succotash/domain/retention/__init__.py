"""Retention: activity, churn risk, and cohorts over time."""
