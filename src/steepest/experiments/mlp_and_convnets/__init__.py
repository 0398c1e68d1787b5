"""From logistic regression to a deep ConvNet."""
