"""Regulated actions for reading: the list, one action's page, and the gates it meets."""
