"""The published results that steepest reproduces: a folder each, with a TOML file and as little code as it needs.

experiment.toml -> Experiment -> its cases are trained in a sweep -> its parts make the page -> Reproduction
"""

from .reading import names, open_experiment

__all__ = ["names", "open_experiment"]
