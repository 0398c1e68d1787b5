"""Blind Descent: a noisy candidate beside the gradient."""
