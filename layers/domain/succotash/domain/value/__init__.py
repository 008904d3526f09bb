"""Value: orders, and what customers are worth."""
