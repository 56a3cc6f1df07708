"""The worlds a simulator can start from."""
