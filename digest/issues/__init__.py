"""Issues as values: candidates, sections, editions, periods and states."""
