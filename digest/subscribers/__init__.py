"""Subscribers as values: files, addresses, audience, ids and signed links."""
