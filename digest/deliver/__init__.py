"""From bytes to a relay: envelope, outcome, retry, relay, sender."""
