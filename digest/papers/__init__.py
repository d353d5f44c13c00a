"""Papers as values: the record, its identity, clean text and sentences."""
