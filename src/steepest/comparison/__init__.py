"""The judge: does this optimizer beat that one? Better, worse, equivalent or undecided; its errors are measured.

    words -> Question                                  sides, pairs, design, criterion: fixed before any run
    Question -> Trial -> Job -> TrialResult -> chosen  tuning: equal points for all sides, the best by validation
    chosen -> Report -> Job -> Result                  reporting: other seeds; only these see the test split
    Results -> differences [units] -> Verdict          paired by unit: a study with its seeds or, untuned, a seed
    Comparison -> claim.json -> Verification           held against its own design, and in part run again

Of asking: ``sides``, ``design``, ``results`` (the criterion), ``question``. Of tuning: ``space``,
``tuning``, ``tuned``. Of making: ``measuring`` (between jobs and records), ``work``. Of what was
made: ``comparison``, ``costs``, ``folder``, ``claims``. The statistics are in ``judge/``, the doors in
``verbs/``. The names are loaded when they are first used.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .comparison import Comparison as Comparison
    from .design import Design as Design
    from .question import Question as Question

_HOMES = {"Comparison": "comparison", "Design": "design", "Question": "question"}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # a list, from the one table above
__getattr__ = lazy_names(__name__, _HOMES)
