"""paper-digest: trending research papers, grouped by topic, in the reader's inbox."""

__version__ = "0.1.0"
