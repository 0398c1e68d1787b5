"""What makes Muon what it is."""

import pytest
import torch

from optimizer_fakes import DOUBLE, slope
from steepest.optimizers.muon import orthogonalized
from steepest.optimizers.problems import waves


@pytest.mark.parametrize("shape", [(8, 8), (5, 20), (20, 5)])
def test_muons_update_has_singular_values_in_its_band(shape):
    # singular values spread over two decades, as a gradient's are
    generator = torch.Generator().manual_seed(1)
    u, _, v = torch.linalg.svd(torch.randn(shape, generator=generator, dtype=DOUBLE), full_matrices=False)
    matrix = u @ torch.diag(torch.logspace(-1.5, 0, min(shape), dtype=DOUBLE)) @ v
    result = orthogonalized(matrix, steps=5)
    values = torch.linalg.svdvals(result)
    assert values.min() > 0.6
    assert values.max() < 1.25
    # and the same singular vectors: in their bases it is diagonal
    inside = u.T @ result @ v.T
    assert (inside - torch.diag(inside.diagonal())).abs().max() < 1e-12


def test_muon_takes_a_convolution_as_one_row_per_filter(walk):
    start, grad = waves(24, 1.0), slope(waves(24, 3.0))
    as_filters, _ = walk("muon", grad, start, 3, shapes=((4, 3, 2, 1),))
    as_matrix, _ = walk("muon", grad, start, 3, shapes=((4, 6),))
    assert torch.equal(as_filters, as_matrix)
