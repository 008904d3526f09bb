"""The command `succotash`."""
