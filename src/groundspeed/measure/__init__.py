"""Plan, schedule, sample, save."""
