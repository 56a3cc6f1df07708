"""The API's table of endpoints, group by group, and the finder of a call's endpoint."""
