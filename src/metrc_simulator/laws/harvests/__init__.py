"""Harvests: weights that come from plants and go to waste, packages or moisture."""
