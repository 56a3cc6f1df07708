"""Mutation testing of the pure decisions: each small change of the code must break a test of it."""
