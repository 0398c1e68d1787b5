"""Explanation: what a trained network sees, what it leans on, what it finds alike, and which labels it doubts.

Everything is read through forward hooks in evaluation mode; nothing here changes a network or a run.
"""

from .activations import WeightMaps, activations, layer_names, weight_maps
from .explaining import cosines, embeddings, explain, nearest, occlusion, saliency
from .findings import Explanation, ImageExplanation, Neighbour
from .label_errors import LabelRanking, out_of_sample, rank_labels

__all__ = [
    "Explanation",
    "ImageExplanation",
    "LabelRanking",
    "Neighbour",
    "WeightMaps",
    "activations",
    "cosines",
    "embeddings",
    "explain",
    "layer_names",
    "nearest",
    "occlusion",
    "out_of_sample",
    "rank_labels",
    "saliency",
    "weight_maps",
]
