"""Datasets as whole tensors: loaded by name or from a folder of images, split, augmented, batched.

The names are loaded when they are first used: listing the datasets does not import torch.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .augmentation import Augmentation as Augmentation
    from .batches import batch_order as batch_order
    from .batches import batch_slices as batch_slices
    from .dataset import Dataset as Dataset
    from .dataset import Split as Split
    from .loading import load as load
    from .splitting import hold_out as hold_out
    from .splitting import hold_out_rows as hold_out_rows

_HOMES = {
    "add": ".verbs.data",
    "fetch": ".verbs.data",
    "list_datasets": ".verbs.data",
    "show": ".verbs.data",
    "Augmentation": "augmentation",
    "Dataset": "dataset",
    "Split": "dataset",
    "batch_order": "batches",
    "batch_slices": "batches",
    "hold_out": "splitting",
    "hold_out_rows": "splitting",
    "load": "loading",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # a list, from the one table above
__getattr__ = lazy_names(__name__, _HOMES)
