"""Settings: what `digest.toml` and the environment may say, and how a mistake is answered."""
