"""The published first row of the 2-2-2 worksheet, to be shown beside the row by hand and by machine.

Its dE/dw3 and dE/dw4 are wrong in the seventh decimal: the sheet took the slope at h2 from a_h1. The slip
carries into its second row.
"""

from .formula import Values

DIGITS = 9  # decimals that were printed
FIRST_ROW: dict[str, float] = {
    "h1": 0.0275,
    "a_h1": 0.506874567,
    "h2": 0.0425,
    "a_h2": 0.510623401,
    "o1": 0.432530357,
    "a_o1": 0.606477732,
    "o2": 0.534280154,
    "a_o2": 0.630480835,
    "E1": 0.005668754,
    "E2": 0.008512624,
    "E": 0.014181378,
    "dE_dw1": 0.000316993,
    "dE_dw2": 0.000633987,
    "dE_dw3": 0.000351869,
    "dE_dw4": 0.000703737,
    "dE_dw5": 0.012880819,
    "dE_dw6": 0.012976085,
    "dE_dw7": 0.015408348,
    "dE_dw8": 0.015522308,
}
# E in row 68, after 67 updates, for each learning rate: recomputed without the slip
LAST_ERROR: dict[float, float] = {
    0.1: 0.00957214,
    0.2: 0.00636997,
    0.5: 0.00178202,
    0.8: 0.000478649,
    1.0: 0.000196838,
    2.0: 2.09236e-06,
    1000.0: 0.249997,
}


def differing(values: Values) -> tuple[str, ...]:
    """Return which published digits a first row does not give.

    >>> from .backprop import backprop
    >>> from .dense import DEFAULT
    >>> differing(backprop(DEFAULT).rows[0].values)
    ('dE_dw3', 'dE_dw4')
    """
    return tuple(
        name
        for name, said in FIRST_ROW.items()
        if round(values[name], DIGITS) != round(said, DIGITS)
    )
