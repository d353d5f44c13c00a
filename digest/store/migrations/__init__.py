"""Alembic's migrations; `make migration` writes a new one."""
