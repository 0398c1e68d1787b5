"""One frozen record of a run: every value that decides its bytes, from and to TOML."""

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

from .errors import UnknownName, UserError, refuse_trouble
from .usercode import foreign

MOST_TOML = 1 << 20  # bytes of a file; a config has one thousand
MOST_PARTS = 16  # of a dotted key: tomllib needs the square of their number: a minute for 100 kB
LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{MOST_PARTS}}}")
QUOTED = re.compile(  # texts and comments of TOML; each alternative matches to the end where it is not closed
    r'''"""(?:[^\\]|\\.)*?(?:"{3,5}|\Z)|\'{3}.*?(?:\'{3,5}|\Z)|"(?:[^"\\\n]|\\.)*"?|\'[^'\n]*'?|#[^\n]*''',
    re.DOTALL,
)
LONGEST_TEXT = 20_000  # characters of a setting: a thousand layers, or a weight for each of some thousand classes
LARGEST_SIDE = 4096  # of images: 50 MB each in colour
NONE = "none"  # how TOML, which has no null, spells a value that is off


def option(default: Any, help: str) -> Any:
    """Declare a setting with its default and the sentence that ``--help`` shows."""
    return dataclasses.field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class Config:
    """Everything that was asked of a run.

    Raises:
        UserError: a value is of another type or outside its range; the line names it.

    >>> Config(epochs=3).batch_size
    64
    """

    model: str = option("mlp", "A named model, a notation, or file.py:Class.")
    data: str = option("mnist5k", "A dataset's name, or a folder of images.")
    optimizer: str = option("adam", "A rule, torch.optim.CLASS or file.py:Class; :key=value,... sets it.")
    lr: float | None = option(None, "Learning rate; by default the rule's own.")
    schedule: str = option("constant", "constant, step:every=E, exponential, cosine, one-cycle.")
    epochs: int = option(5, "How many times every training image is seen.")
    batch_size: int = option(64, "Images per step.")
    val: float = option(0.0, "Fraction of the training images held out for validation.")
    stratified: bool = option(True, "Hold out the same fraction of every class.")
    split_seed: int = option(0, "Seed of the validation split; not changed by --seed.")
    augment: str = option("", "Random changes of training images, such as shift:2+rotate:15.")
    normalize: str = option("unit", "unit (pixels in [0, 1]), standard, raw, or MEAN/STD.")
    image_size: str = option("", "HxW to resize a folder's images to; by default its stated rule.")
    unverified: bool = option(False, "Accept files that do not have the published hash.")
    init: str = option("default", "Initial weights: default, zeros, glorot or he.")
    init_from: str = option("", "A run whose final weights to start from.")
    seed: int = option(0, "Seed of initial weights, batch order, augmentation and dropout.")
    label_smoothing: float = option(0.0, "Share of the target spread over all classes.")
    class_weights: str = option(NONE, "none, balanced, or one number a class: 1,2,1.")
    weight_decay: float = option(0.0, "L2 penalty in the loss; a rule's own decay is set as RULE:weight_decay=.")
    clip_norm: float | None = option(None, "Scale the gradient down to this norm where it is longer.")
    patience: int | None = option(None, "Stop after this many epochs without a better validation accuracy.")
    device: str = option("auto", "auto, cpu, cuda or mps.")
    threads: int | None = option(None, "Threads; by default as many as pay for this model and batch.")
    precision: str = option("auto", "auto, float32, or bfloat16 (autocast: faster, coarser).")

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for each in dataclasses.fields(self):
            value = fitted(each.name, getattr(self, each.name), hints[each.name])
            object.__setattr__(self, each.name, value)
        for name, (admits, range_text) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not admits(value):
                raise UserError(f"{name} must be {range_text}, not {said(value)}.")
        for name, most in _MOST.items():
            if (value := getattr(self, name)) is not None and value > most:
                raise UserError(f"{name} must be at most {most:,}, not {said(value)}.")
        _ = self.size  # refuses what is none
        if self.patience is not None and not self.val:
            raise UserError("patience needs a validation split: give val, such as --val 0.2.")

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) from ``image_size``, or None where it is empty.

        >>> Config(image_size="32x48").size
        (32, 48)
        """
        if not self.image_size:
            return None
        found = re.fullmatch(r"([0-9]{1,9})[xX]([0-9]{1,9})", self.image_size)
        sides = tuple(map(int, found.groups())) if found else (0, 0)
        if not all(1 <= each <= LARGEST_SIDE for each in sides):
            raise UserError(
                f"image_size must be HEIGHTxWIDTH, such as 32x32, each at most {LARGEST_SIDE:,}, "
                f"not `{shown(self.image_size)}`."
            )
        return sides[0], sides[1]

    @classmethod
    def of(cls, settings: dict[str, Any], origin: str = "the settings") -> Self:
        """Return the config with these settings and defaults for the rest.

        Args:
            settings: by name; ``none`` switches an optional value off.
            origin: what to name in an error, such as the file's path.

        Raises:
            UnknownName: a key is no setting.
        """
        known = [each.name for each in dataclasses.fields(cls)]
        for key in settings:
            if key not in known:
                raise UnknownName("setting", key, known, f"It stands in {origin}.")
        hints = get_type_hints(cls)
        values: dict[str, Any] = {
            key: None if value == NONE and type(None) in get_args(hints[key]) else value
            for key, value in settings.items()
        }
        return cls(**values)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the config that a TOML file holds, with defaults for what it leaves out.

        The code that it names is foreign: it is run once it is confirmed.
        """
        return cls.of(foreign(read_toml(path), path), str(path))

    def to_toml(self) -> str:
        """Return every value, defaults too, as TOML."""
        import tomli_w

        values = {key: NONE if value is None else value for key, value in self.to_dict().items()}
        return tomli_w.dumps(values)

    def to_dict(self) -> dict[str, Any]:
        """Return every value by name."""
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}

    def with_(self, **changes: Any) -> Self:
        """Return a config with some values changed."""
        return dataclasses.replace(self, **changes)


def read_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file's keys and values.

    Raises:
        UserError: the file is missing, is no TOML, or is too large for a config; the line says where.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, a device never ends
            what = "a folder" if path.is_dir() else "no ordinary file"
            raise UserError(f"{path} is {what}: give a TOML file.")
        with path.open("rb") as file:
            content = file.read(MOST_TOML + 1)
    except FileNotFoundError:
        raise UserError(f"There is no config file {path}.") from None
    except OSError as error:
        refuse_trouble(error)
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > MOST_TOML:
        raise UserError(f"{path} has more than {MOST_TOML:,} bytes: too many for a config.")
    return parsed_toml(content, str(path))


def parsed_toml(content: bytes, where: str) -> dict[str, Any]:
    """Return the keys and values of TOML, of a file that is named ``where``.

    Raises:
        UserError: it is no TOML, or nests deeper or has longer numbers than Python reads.
    """
    try:
        text = content.decode()
        found = None if LONG_KEY.search(QUOTED.sub("q", text)) else tomllib.loads(text)
    except RecursionError:
        raise UserError(f"{where} cannot be read: its lists or tables nest too deeply.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{where} is no TOML: {shown(str(error), 200)}") from error
    except ValueError as error:  # of int(), of thousands of digits
        count = re.search("value has ([0-9]+) digits", str(error))
        told = f": it has {int(count[1]):,} digits" if count else ""
        raise UserError(f"{where} holds a number that is too long{told}.") from error
    if found is None:
        raise UserError(f"{where} cannot be read: a key in it has more than {MOST_PARTS} parts.")
    return found


def shown(text: str, most: int = 60) -> str:
    """Return text cut to what a line can show, with two dots and its length where it was cut.

    >>> shown("abcdefgh", 4)
    'abcd.. (8 characters)'
    """
    return text if len(text) <= most else f"{text[:most]}.. ({len(text):,} characters)"


def said(value: Any) -> str:
    """Return a value as an error names it: a whole number of hundreds of digits by their count.

    >>> said(10**400), said(-3), said("fast")
    ('a number of some 400 digits', '-3', 'fast')
    """
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a number of some {round(value.bit_length() * 0.30103):,} digits"
    return shown(str(value))


def fitted(name: str, value: Any, hint: Any) -> Any:
    """Return a value as its declaration wants it: a whole number where a number is asked becomes one.

    Raises:
        UserError: it is of another kind; a declaration that is no plain kind takes everything.
    """
    kinds = get_args(hint) or (hint,)
    if get_origin(hint) is Literal:
        if value not in kinds:
            raise UnknownName(name, said(value), kinds)
        return value
    words = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    if isinstance(value, int) and not isinstance(value, bool) and float in kinds:
        try:
            return float(value)
        except OverflowError:
            raise UserError(f"{name} must be a number below 1e308, not {said(value)}.") from None
    if isinstance(value, str) and str in kinds:
        _check_text(name, value)
        return value
    # bool is an int to isinstance, and `epochs = true` is no number of epochs
    if any(type(value) is kind for kind in kinds) or not {*words, type(None)}.issuperset(kinds):
        return value
    wanted = " or ".join(words.get(kind, NONE) for kind in kinds)
    raise UserError(f"{name} must be {wanted}, not {said(value) if type(value) is int else shown(repr(value))}.")


def _check_text(name: str, text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise UserError(f"{name} has {len(text):,} characters; at most {LONGEST_TEXT:,} are read.")
    if "\0" in text or not _is_unicode(text):
        raise UserError(f"{name} holds a character that is no text: `{shown(ascii(text))}`.")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, as of a file name that is no UTF-8
        return False
    return True


_RANGES: dict[str, Any] = {
    "lr": (lambda x: 0 < x < float("inf"), "above 0"),
    "epochs": (lambda x: x >= 1, "at least 1"),
    "batch_size": (lambda x: x >= 1, "at least 1"),
    "val": (lambda x: 0 <= x < 1, "a fraction in [0, 1)"),
    "seed": (lambda x: x >= 0, "at least 0"),
    "split_seed": (lambda x: x >= 0, "at least 0"),
    "label_smoothing": (lambda x: 0 <= x < 1, "a fraction in [0, 1)"),
    "weight_decay": (lambda x: 0 <= x < float("inf"), "at least 0"),
    "clip_norm": (lambda x: 0 < x < float("inf"), "above 0"),
    "patience": (lambda x: x >= 1, "at least 1"),
    "threads": (lambda x: x >= 1, "at least 1"),
    "device": (lambda x: x in ("auto", "cpu", "cuda", "mps"), "auto, cpu, cuda or mps"),
    "precision": (lambda x: x in ("auto", "float32", "bfloat16"), "auto, float32 or bfloat16"),
}
_MOST: dict[str, int] = {  # above, something overflows or never ends
    "epochs": 1_000_000,
    "batch_size": 1_000_000_000,
    "seed": 2**63 - 1,
    "split_seed": 2**63 - 1,
    "patience": 1_000_000,
    "threads": 4096,
}
