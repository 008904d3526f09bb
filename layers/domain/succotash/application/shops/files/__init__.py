"""Files of shop systems: recognising, reading and importing them."""
