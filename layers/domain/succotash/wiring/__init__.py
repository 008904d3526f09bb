"""Makes the container's parts from settings."""
