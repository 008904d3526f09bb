"""People: who a customer is, and their rights to see and erase what is held."""
