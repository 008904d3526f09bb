"""Orders of shop systems, from their events and files: each is recorded once."""
