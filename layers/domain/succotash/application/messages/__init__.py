"""Messages: what the rest of the company is told, and the e-mails that are sent."""
