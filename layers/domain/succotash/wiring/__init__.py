"""How single parts are made of settings, for the container."""
