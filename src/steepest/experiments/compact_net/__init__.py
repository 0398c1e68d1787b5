"""Under 20,000 parameters."""
