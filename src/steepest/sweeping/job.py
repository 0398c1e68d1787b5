"""A job: one run to be trained and evaluated, and the key by which it is known."""

from dataclasses import dataclass
from functools import cached_property

from ..config import Config
from ..errors import UnknownName, UserError
from ..runs.environment import named_files
from ..storage import json_hash
from ..usercode import hashes_of

FORMAT = 1  # of what a finished job leaves; raised when an older steepest could not read it
KEY_DIGITS = 16  # 64 bits: among a million jobs two alike come up once in 37 million sweeps
WEIGHTS = ("last", "best")
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Job:
    """One run to be trained and evaluated.

    Args:
        config: what to train; its threads are set to one.
        splits: where to evaluate in the end, of ``train``, ``validation`` and ``test``.
        which: the weights to keep and to evaluate: the ``last``, or the ``best`` by validation.

    Raises:
        UnknownName: there is no such split, or no such weights.

    >>> Job(Config(seed=1)).key == Job(Config(seed=1)).key != Job(Config(seed=2)).key
    True
    """

    config: Config
    splits: tuple[str, ...] = ("test",)
    which: str = "last"

    def __post_init__(self) -> None:
        object.__setattr__(self, "splits", tuple(self.splits))
        if self.which not in WEIGHTS:
            raise UnknownName("set of weights", self.which, WEIGHTS)
        if not self.splits:
            raise UserError("A job needs a split to be evaluated on, such as test.")
        for split in self.splits:
            if split not in SPLITS:
                raise UnknownName("split", split, SPLITS)

    @cached_property
    def files(self) -> dict[str, str]:
        """The SHA-256 of the user's own files behind the config; none where one is missing, refused later."""
        try:
            return hashes_of(named_files(self.config))
        except UserError:
            return {}

    @cached_property
    def key(self) -> str:
        """16 hexadecimal digits of the SHA-256 of the job: the name of its folder in every sweep.

        A user's own file counts with its content: a rule that was changed makes another job.
        """
        whole = {
            "config": self.config.to_toml(),
            "splits": self.splits,
            "which": self.which,
            "format": FORMAT,
            "files": list(self.files.values()),
        }
        return json_hash(whole)[:KEY_DIGITS]

    def __str__(self) -> str:
        """Return the settings that differ from the defaults, and always what is trained on what and how."""
        plain, mine = Config().to_dict(), self.config.to_dict()
        always = ("model", "data", "optimizer", "seed")
        told = [name for name in mine if name in always or mine[name] != plain[name]]
        return ", ".join(f"{name} {mine[name]}" for name in told)
