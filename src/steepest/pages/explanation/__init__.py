"""The page of a run that was taken apart."""
