"""Folders of small pictures, and what is said of one that makes no dataset."""

import numpy as np
import pytest
from PIL import Image

from steepest.errors import DataError


def picture(seed, size=(8, 8), mode="RGB"):
    values = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


def fill(root, counts, *, start=0, **options):
    """Write so many images into each folder; every image differs."""
    seed = start
    for name, count in counts.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture(seed, **options).save(root / name / f"{number:03}.png")
            seed += 1
    return root


def refusal(load, root, **options):
    with pytest.raises(DataError) as caught:
        load(root, **options)
    return str(caught.value)
