"""What rows of either SQL adapter hold, read by column name."""
