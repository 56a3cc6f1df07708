"""The sender's decisions on a virtual clock: many histories, faults and deaths, and controls."""
