"""Room: what somebody must know in time, and how it reaches them."""
