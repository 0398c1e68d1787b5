"""A 2-2-2 sigmoid network worked by hand."""
