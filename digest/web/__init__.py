"""Web pages: the local preview (readers' pages come with the subscriber work)."""
