"""The archive: all issues as pages for everybody, rendered of what was frozen. Nothing of a subscriber is in it."""
