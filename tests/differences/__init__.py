"""Whether each difference gets the right name: seeded ones, and none in normal traffic."""
