"""Subscribers of another program, or of another list, come to a list: read, looked over, and then taken in."""
