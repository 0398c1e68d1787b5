"""The verbs: a generator each, which the command line shows and the Python name drains."""
