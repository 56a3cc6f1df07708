"""Door: what the background worker may start."""
