"""Tagged plants: from the first tag to the harvest or the waste."""
