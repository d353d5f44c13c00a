"""Subscribers as other programs write them down: encodings, dialects, columns, and what they knew of each person."""
