"""What runs while nobody watches: results and pages brought to others, and what others are told."""
