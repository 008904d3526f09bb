"""Retention: activity, churn risk, cohorts over time, and campaigns."""
