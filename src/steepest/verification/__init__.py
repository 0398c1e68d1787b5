"""Claims and runs made again: what is accepted, what is refuted."""
