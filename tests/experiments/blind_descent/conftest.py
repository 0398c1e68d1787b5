"""Small runs of the published loop, of the mended rule and of momentum SGD."""

from pathlib import Path

import pytest

from experiment_fakes import context_of
from steepest.experiments.blind_descent import rule

RULE = f"{Path(rule.__file__)}:AsPublished"


NET = "4C3-M2-R-F3"


CASES = f"""
[[case]]
name = "published"
title = "stripes, published loop"
config = {{ model = "{NET}", optimizer = "{RULE}:epoch_steps=6" }}

[[case]]
name = "cleared"
title = "stripes, gradients cleared"
config = {{ model = "{NET}", optimizer = "{RULE}:epoch_steps=6,clears=true" }}

[[case]]
name = "mended"
title = "stripes, mended rule"
config = {{ model = "{NET}", optimizer = "blind-descent", val = 0.5, lr = 0.02 }}

[[case]]
name = "sgd"
title = "stripes, momentum SGD"
config = {{ model = "{NET}", optimizer = "momentum:beta=0.9", val = 0.5 }}
"""


@pytest.fixture
def context(tmp_path, monkeypatch):
    made = context_of(CASES, tmp_path, monkeypatch)
    for case in made.experiment.cases:
        for run in made.outcomes(case.name):
            run.forwards, run.backwards = (
                int(sum(row[which] for row in run.rows)) for which in ("forwards", "backwards")
            )
            run.hashes = {"weights": str(run.config.seed)}
    return made
