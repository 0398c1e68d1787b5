"""The parts of ``same_as_before.py``: calls, sides, differences and the page."""
