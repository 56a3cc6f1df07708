"""Patients: members of a shop, their check-ins, what the state says of them."""
