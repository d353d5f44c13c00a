"""What is done about what comes back: reports are read, find their message, and act once."""
