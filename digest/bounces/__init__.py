"""What comes back: bounces, complaints and requests to leave, read from mail and from providers' webhooks."""
