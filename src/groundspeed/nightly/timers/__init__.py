"""A timer of the user's for the night, of systemd or cron: written and explained, never started unasked."""
