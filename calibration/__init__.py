"""How often the judge errs: what measures it, on simulated and on recorded studies.

simulation                draws of populations whose true difference is known
pool                      the studies recorded in ``benchmarks/pool``, read and written
simulated, recorded       the lines of the table in docs/judge.md, on either
batches                   the judge's verdicts on many comparisons at once
calibrating               a line -> how often it errs, with bounds

It stands beside the package: nobody who judges needs it. ``make calibration`` writes the tables.
"""
