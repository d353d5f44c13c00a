"""Alembic's migrations, oldest first; CONTRIBUTING.md says how to add one."""
