"""Writes of every kind with sensible and senseless values, and the laws that must still hold."""
