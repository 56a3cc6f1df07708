"""Endpoints by room, beside those of daily work in `endpoints.py`."""
