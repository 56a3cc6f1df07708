"""What METRC does with each call, apart from HTTP."""
