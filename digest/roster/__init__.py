"""What the operator does with the people of a list: who gets it, import, export, suppressions, all that is known."""
