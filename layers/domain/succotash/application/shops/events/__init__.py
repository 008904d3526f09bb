"""Events of shop systems: taking them in, and recording the orders in them."""
