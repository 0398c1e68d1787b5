"""A least-squares toy."""
