"""Checks: what is wrong with a message before it goes out, found by reading the message itself."""
