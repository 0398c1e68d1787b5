"""The scikit-learn door: ``Classifier().fit(X, y).predict(X)`` over the same loop as every run."""

from math import isqrt
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch.nn import functional as F

from .config import NONE, Config
from .data import Dataset, Split
from .errors import ShapeError
from .evaluation import logits_of
from .training.history import Epoch as EpochEvent
from .training.history import Row
from .training.loops import loop
from .training.preparation import Setup, prepare


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A small image classifier with scikit-learn's interface.

    X is [N, F], [N, H, W] or [N, C, H, W], of any real numbers. Rows of F numbers are taken as square images
    where F is a square, or three squares for colour, else as one line of pixels, unless ``image_shape`` says.

    Args:
        model: a named model, a notation, or file.py:Class.
        optimizer: a rule, torch.optim.CLASS, or file.py:Class.
        lr: the learning rate; None takes the rule's own.
        schedule: the learning rate's course.
        epochs: how many times every image is seen.
        batch_size: images per step.
        augment: random changes of training images.
        normalize: ``standard`` brings the training pixels to mean 0 and deviation 1; ``unit`` divides by 255.
        val: fraction of X held out, to keep the best epoch's weights.
        patience: stop after this many epochs without a better validation accuracy.
        label_smoothing: share of the target spread over all classes.
        class_weights: none, balanced, or one number a class, in the order of ``classes_``.
        weight_decay: L2 penalty.
        clip_norm: longest gradient allowed.
        init: initial weights.
        image_shape: (C, H, W) of one row of X.
        device: auto, cpu, cuda or mps.
        random_state: decides initial weights, batch order, augmentation and dropout.

    Attributes:
        classes_: the K labels, sorted.
        image_shape_: (C, H, W) of the images it was fitted on.
        history_: a row of numbers per epoch.
        network_: the trained ``Network``.

    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> Classifier(epochs=8).fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.85
    True
    """

    def __init__(
        self,
        model: str = "mlp",
        *,
        optimizer: str = "adam",
        lr: float | None = None,
        schedule: str = "constant",
        epochs: int = 20,
        batch_size: int = 32,
        augment: str = "",
        normalize: str = "standard",
        val: float = 0.0,
        patience: int | None = None,
        label_smoothing: float = 0.0,
        class_weights: str = NONE,
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
        init: str = "default",
        image_shape: tuple[int, int, int] | None = None,
        device: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.lr = lr
        self.schedule = schedule
        self.epochs = epochs
        self.batch_size = batch_size
        self.augment = augment
        self.normalize = normalize
        self.val = val
        self.patience = patience
        self.label_smoothing = label_smoothing
        self.class_weights = class_weights
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.init = init
        self.image_shape = image_shape
        self.device = device
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on images X with labels y [N], and return the estimator.

        Raises:
            ValueError: X or y cannot be used; the line says why.
        """
        array, targets = validate_data(self, X, y, allow_nd=True, dtype="numeric")
        check_classification_targets(targets)
        self.classes_, labels = np.unique(targets, return_inverse=True)
        images = self._images(array)
        self.image_shape_ = tuple(images.shape[1:])
        names = tuple(str(each) for each in self.classes_)
        split = Split(images, torch.from_numpy(labels.astype(np.int64)))
        self._train(prepare(self._config(images), Dataset("array", names, split)))
        return self

    def _config(self, images: torch.Tensor) -> Config:
        shared = {key: value for key, value in self.get_params().items() if key in Config.__dataclass_fields__}
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(2**31)
        # a constant image has no deviation to divide by
        flat = bool(images.min() == images.max())
        normalize = "raw" if self.normalize == "standard" and flat else self.normalize
        return Config(**{**shared, "seed": int(seed), "normalize": normalize, "data": "array"})

    def _train(self, setup: Setup) -> None:
        self.history_: list[Row] = []
        for event in loop(setup):
            if isinstance(event, EpochEvent):
                self.history_ = event.checkpoint.history
                if event.improved:
                    weights = event.checkpoint.weights
        setup.network.load_state_dict(weights)
        self.network_, self.plan_ = setup.network.eval(), setup.plan

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likeliest label of each image, [N]."""
        shares = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[shares.argmax(axis=1)]
        return labels

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class for each image, [N, K], in the order of ``classes_``."""
        check_is_fitted(self)
        array = validate_data(self, X, reset=False, allow_nd=True, dtype="numeric")
        images = self._images(array)
        if tuple(images.shape[1:]) != self.image_shape_:
            raise ShapeError(
                f"The images are {list(images.shape[1:])}; those it was fitted on were {list(self.image_shape_)}."
            )
        with self.plan_.applied():
            logits = logits_of(self.network_, images, self.plan_)
        shares: NDArray[np.float64] = F.softmax(logits.double(), dim=1).numpy()
        return shares

    def _images(self, X: NDArray[Any]) -> torch.Tensor:
        """Return X as [N, C, H, W]: uint8 where it is, else float32."""
        shape = self.image_shape or _image_shape(X.shape[1:])
        if int(np.prod(shape)) != int(np.prod(X.shape[1:])):
            raise ShapeError(f"image_shape {tuple(shape)} does not hold {int(np.prod(X.shape[1:]))} numbers.")
        images = np.ascontiguousarray(X, dtype=np.uint8 if X.dtype == np.uint8 else np.float32)
        return torch.from_numpy(images.copy()).reshape(len(X), *shape)


def _image_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return the (C, H, W) of one image whose array has this shape.

    >>> _image_shape((784,)), _image_shape((3072,)), _image_shape((20,)), _image_shape((28, 28))
    ((1, 28, 28), (3, 32, 32), (1, 1, 20), (1, 28, 28))
    """
    if len(shape) == 3:
        return shape[0], shape[1], shape[2]
    if len(shape) == 2:
        return 1, shape[0], shape[1]
    if len(shape) != 1:
        raise ShapeError(f"X must be [N, F], [N, H, W] or [N, C, H, W]; one row of it is {list(shape)}.")
    for channels in (1, 3):
        side = isqrt(shape[0] // channels)
        if channels * side * side == shape[0]:
            return channels, side, side
    return 1, 1, shape[0]
