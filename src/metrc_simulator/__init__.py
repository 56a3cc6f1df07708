"""METRC in a box: the Web API v2 with METRC's laws, and the desk for what only people may do."""
