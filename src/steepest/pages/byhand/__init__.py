"""The pages and sheets of what is worked by hand."""
