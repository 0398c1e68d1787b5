"""``optimizers race``: rules raced over a surface, with a picture and a moving one."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .settings import separated, takes

if TYPE_CHECKING:
    from ..optimizers.surfaces import Path as Course


@takes(kinds=False)
def race(
    on: str = "rosenbrock",
    rules: str | Sequence[str] = "sgd,momentum,rmsprop,adam",
    *,
    out: Path | str = "race.png",
    steps: int = 200,
    seed: int = 0,
) -> "list[Course]":
    """Race rules over a surface; write a picture, and beside it a moving one (.gif).

    Each rule runs with the learning rate that takes it lowest, unless its own lr is given.

    Example: `steepest optimizers race --on rosenbrock --rules sgd,adam,muon:lr=0.01 --out race.png`

    Args:
        on: The surface: ravine, rosenbrock, himmelblau, beale, saddle or rastrigin.
        rules: With commas between; settings as everywhere.
        out: Where to write the picture; it must end in .png.
        steps: How many each rule takes.
        seed: Of the noise of the rules that draw.

    Raises:
        UserError: a name is unknown, or the picture cannot be put there.
    """
    from ..content.png import file_of
    from ..optimizers.surfaces import race as work
    from ..optimizers.surfaces import surface
    from ..pages.race import race_figure, race_gif
    from ..storage import write_durably

    path = Path(out)
    if path.suffix != ".png" or not path.parent.is_dir():
        raise UserError(f"out must be a .png file in a folder that exists, not {out}.")
    if steps < 1:
        raise UserError(f"A race takes at least 1 step; steps {steps} came.")
    ground, texts = surface(on), separated(rules)
    if not texts:
        raise UserError("No rule is named. Write some with commas between: sgd,adam.")
    courses = work(ground, texts, steps, seed)
    write_durably(path, file_of(race_figure(ground, courses)))
    write_durably(path.with_suffix(".gif"), race_gif(ground, courses))
    return courses
