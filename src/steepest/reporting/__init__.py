"""Reports: figures, ``report.html``, notebook views and the terminal's text. Draws, and computes nothing."""
