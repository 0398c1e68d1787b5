"""A course's CNN with validation and error analysis."""
