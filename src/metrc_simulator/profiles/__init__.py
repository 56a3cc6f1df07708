"""State profiles: reference data and switches, each with its source."""
