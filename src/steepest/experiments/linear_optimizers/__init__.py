"""Softmax regression with gradients by hand."""
