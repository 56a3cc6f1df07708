"""Worlds of a size: seasons made once by the laws and cast as often as the size wants."""
