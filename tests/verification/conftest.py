"""A small comparison, really trained: rules on stripes, six studies of four trials."""

from comparison_fixtures import fixed, small, stripes_are_known, tuned

__all__ = ["fixed", "small", "stripes_are_known", "tuned"]
