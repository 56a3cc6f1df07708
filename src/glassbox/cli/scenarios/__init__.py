"""The scenario language and its runner; it knows no scenario by name."""
