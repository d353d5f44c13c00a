"""From an issue to bytes: view, templates, HTML, plaintext, fragments, message."""
