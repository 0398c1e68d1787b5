"""The judge: does this optimizer beat that one? Better, worse, equivalent or undecided; its errors are measured.

    words -> Question                                  sides, pairs, design, criterion: fixed before any run
    Question -> Trial -> Job -> TrialResult -> chosen  tuning: equal points for all sides, the best by validation
    chosen -> Report -> Job -> Result                  reporting: other seeds; only these see the test split
    Results -> differences [units] -> Verdict          paired by unit: a study with its seeds or, untuned, a seed
    Comparison -> claim.json -> Verification           held against its own design, and in part run again

Of asking: ``sides``, ``design``, ``results`` (the criterion), ``question``. Of tuning: ``space``, ``tuning``,
``tuned``. Of making: ``measuring`` (between jobs and records), ``inspecting``, ``work``, ``comparing``,
``earlier``, ``folder``, ``doors``. Of what was made: ``comparison``, ``costs``, ``judging``. Of statistics:
``verdict`` with ``signflip``, ``bootstrap``, ``equivalence``, ``several``, ``sizing``, ``reach``; ``sequential``
with ``anytime``; ``images``; ``censored``. Of trust: ``fingerprints``, ``claims``, ``checks``, ``retracing``,
``rerunning``, ``verifying``. The names are loaded when they are first used.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .comparison import Comparison as Comparison
    from .design import Design as Design
    from .doors import compare as compare
    from .question import Question as Question
    from .verdict import Verdict as Verdict
    from .verdict import judge as judge
    from .verdict import judge_all as judge_all
    from .verifying import verify_claim as verify_claim
    from .verifying import verify_run as verify_run

_HOMES = {
    "Comparison": "comparison",
    "Design": "design",
    "Question": "question",
    "Verdict": "verdict",
    "compare": "doors",
    "judge": "verdict",
    "judge_all": "verdict",
    "verify_claim": "verifying",
    "verify_run": "verifying",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # a list, from the one table above
__getattr__ = lazy_names(__name__, _HOMES)
