"""People: their rights to see and to erase what the storage holds about them."""
