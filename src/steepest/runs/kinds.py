"""What ``environment.json`` may hold, a line a field: a run may be a stranger's. Nothing heavy is here.

Versions and facts of the machine that are only compared may be anything: see ``arithmetic``.
"""

from typing import Any

from ..storage.schema import flag, maybe, misfit, one_of, record, rows, table, whole

MOST_THREADS = 1024  # of a plan
LONGEST = 100_000  # characters of a name, a path or a note

PLAN = record(
    {
        "device": one_of("cpu", "cuda", "mps"),
        "threads": whole(1, MOST_THREADS),
        "precision": one_of("float32", "bfloat16"),
        "channels_last": flag,
    }
)


def word(value: Any, where: str) -> None:
    """Refuse what is no text; half a character may be in it, as in a path."""
    if type(value) is not str or len(value) > LONGEST:
        raise misfit(where, value, f"text of at most {LONGEST:,} characters")


def anything(value: Any, where: str) -> None:
    """Refuse nothing."""


DATA = record(
    {
        "classes": rows(word, least=1),
        "shape": rows(whole(1, 2**31), 3, 3),
        "style": word,
        "notes": rows(word),
        "hashes": table(word, word),
    },
    more=anything,
)
ENVIRONMENT = record(
    {"plan": PLAN, "data": DATA},
    {
        "python": word,
        "packages": table(word, maybe(word)),
        "platform": word,
        "processor": word,
        "cores": whole(1, 2**31),
        "cpu_capability": word,
        "data_dir": maybe(word),
        "files": table(word, table(word, word)),
        "config": word,
    },
    more=anything,
)
