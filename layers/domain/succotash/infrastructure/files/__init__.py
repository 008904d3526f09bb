"""Folders of this machine in place of services: for local runs."""
