"""The simulator over real HTTP: its laws, faults, desk and command line."""
