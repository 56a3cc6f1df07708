"""Plant batches: what has no tag of its own yet, counted, not weighed."""
