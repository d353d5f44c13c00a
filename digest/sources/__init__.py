"""Sources: the world to papers. Reading does I/O, parsing is pure."""
