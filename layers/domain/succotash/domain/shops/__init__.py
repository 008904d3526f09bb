"""Orders as shop systems tell them: in files, and event by event."""
