"""What an experiment needs, found before anything is trained: its parts and its data."""

from collections.abc import Sequence
from pathlib import Path

from ..config import Config
from ..errors import IntegrityError
from .context import Context
from .experiment import Case, Experiment
from .parts import find_part

TOO_LONG = "it takes too long"


def provide(
    experiments: Sequence[Experiment],
    *,
    quick: bool = False,
    data_dir: Path | None = None,
    unverified: bool = False,
) -> frozenset[str]:
    """Find every part and provide every dataset, so that nothing is missing after an hour of work.

    Args:
        experiments: all that are about to be reproduced.
        quick: what their short versions need.
        data_dir: where datasets are.
        unverified: take files that do not have the published hash.

    Returns:
        The names of the datasets whose files do not have it; none unless ``unverified``.

    Raises:
        UserError: a part is unknown or cannot be called.
        MissingDataset: a dataset is neither here nor to be fetched.
        IntegrityError: a dataset's files do not have the published hash.
    """
    configs = {}
    for experiment in experiments:
        for use in experiment.parts:
            find_part(use, experiment)
        for case in experiment.cases:
            config = case.quick if quick else case.config
            if not quick or (case.in_quick and is_here(config, data_dir)):
                configs[config.data, config.size] = config
    return frozenset(
        config.data for config in configs.values() if not _verified(config, data_dir, unverified)
    )


def _verified(config: Config, data_dir: Path | None, unverified: bool) -> bool:
    """Load a dataset, and say whether its files have the published hash."""
    from ..data import load

    try:
        load(config.data, data_dir=data_dir, image_size=config.size, unverified=config.unverified)
    except IntegrityError:
        if not unverified:
            raise
        load(config.data, data_dir=data_dir, image_size=config.size, unverified=True)
        return False
    return True


def at_hand(context: Context) -> tuple[list[Case], dict[str, str]]:
    """Return the cases to train, and those that a quick run leaves out, each with the reason.

    It leaves out what the experiment's file says, and what data would have to be fetched for.
    """
    cases = list(context.experiment.cases)
    if not context.quick:
        return cases, {}
    missing = {
        each.name: f"{each.quick.data} is not on this machine"
        for each in cases
        if not is_here(each.quick, context.data_dir)
    }
    missing |= {each.name: TOO_LONG for each in cases if not each.in_quick}
    return [each for each in cases if each.name not in missing], missing


def is_here(config: Config, data_dir: Path | None) -> bool:
    """Say whether a config's data lies on this machine."""
    from ..data.loading import is_path
    from ..data.location import data_directory
    from ..data.presence import state_of
    from ..data.table import find

    if is_path(config.data):
        return True  # a folder that is missing is an error, and its own line says so
    return state_of(find(config.data), data_directory(data_dir)) != "to fetch"
