"""Succotash: from web form to lead, to customer value, to churn risk."""
