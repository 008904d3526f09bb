"""`python -m succotash_client`, the same as `succotash`."""

from succotash_client.commands.main import main

if __name__ == "__main__":
    main()
