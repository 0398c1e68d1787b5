import pytest
import torch
import torch.nn.functional as F

from steepest.errors import NotationError
from steepest.models import build, parse, write
from steepest.models.composite import Repetition, Residual, expand
from steepest.models.convolution import Convolution, Pool
from steepest.models.notation import Repeat
from steepest.models.pointwise import Activation, BatchNorm, Dense, Drop, LeakyReLU
from steepest.models.shapes import layer_table


def test_the_example_of_the_design_reads_as_its_layers():
    assert parse("32C3p1-R-M2-F128-R-D0.5-F10") == (
        Convolution(32, 3, padding=1),
        Activation("R"),
        Pool("M", 2),
        Dense(128),
        Activation("R"),
        Drop(0.5),
        Dense(10),
    )


def test_brackets_read_as_blocks_and_repetitions():
    (block, repetition) = parse("{8C3p1-B}-(R-{8C3p1})x2")
    assert block == Residual((Convolution(8, 3, padding=1), BatchNorm()))
    assert repetition == Repetition((Activation("R"), Residual((Convolution(8, 3, padding=1),))), 2)
    assert write(expand((repetition,))) == "R-{8C3p1}-R-{8C3p1}"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("32C3s1p0", "32C3"),
        ("32C3p1s2n", "32C3s2p1n"),
        ("4C3g2p1", "4C3p1g2"),
        ("M2s2", "M2"),
        ("M3p1s2", "M3s2p1"),
        ("D.50", "D0.5"),
        ("D0", "D0"),
        ("D0.00001", "D0.00001"),
        ("LeakyReLU", "LeakyReLU0.01"),
        (" F128 - R -F10n ", "F128-R-F10n"),
        ("S-T-GELU-SiLU-ELU-Softmax", "S-T-GELU-SiLU-ELU-Softmax"),
    ],
)
def test_every_spelling_prints_as_its_canonical_one(written, canonical):
    assert write(parse(written)) == canonical
    assert parse(canonical) == parse(written)


def test_equal_layers_of_different_spelling_are_equal():
    assert Pool("M", 2) == Pool("M", 2, stride=2)
    assert LeakyReLU() == LeakyReLU(0.01)


@pytest.mark.parametrize(
    ("text", "position", "length", "sentence"),
    [
        ("32C3-C3-F10", 5, 2, "`C3` cannot be read as convolution. Write 32C3, 32C3s2p1, 32C3n"),
        ("R-M-F10", 2, 1, "`M` cannot be read as max-pool. Write M2 or M3s2p1"),
        ("F128-R-F0", 7, 2, "`F0` cannot be read as fully connected. Write F128 or F128n"),
        ("D-F10", 0, 1, "`D` cannot be read as dropout. Write D0.5"),
        ("D1.0", 0, 4, "`D1` drops everything: a probability is at least 0 and below 1."),
        ("R-32Q3", 2, 4, "`32Q3` is no layer. Known: C convolution, M max-pool"),
        ("R-SiLu-R", 2, 4, "`SiLu` is no layer. Write SiLU as `SiLU`."),
        ("R-Relu", 2, 4, "`Relu` is no layer. Write ReLU as `R`."),
        ("R-Softmx", 2, 6, "`Softmx` is no layer. Did you mean `Softmax`?"),
        ("8C3s2s3", 0, 7, "The stride is given twice."),
        ("8C3s0", 0, 5, "The stride must be at least 1."),
        ("8C3p3", 0, 5, "`8C3p3` pads 3: beyond 2 a 3x3 window sees nothing but padding."),
        ("M3p2", 0, 4, "`M3p2` pads 2, more than half its kernel 3: at most 1."),
        ("R--R", 2, 1, "A layer is missing here."),
        ("", 0, 1, "A layer is missing here."),
        ("R-", 2, 1, "A layer is missing here."),
        ("R-{R-R", 2, 1, "This bracket is never closed: write `}`."),
        ("(R-{R)x2", 3, 1, "This bracket is never closed: write `}`."),
        ("R-R}", 3, 1, "Nothing was opened that this could close."),
        ("R R", 2, 1, "A `-` is missing here."),
        ("{R}R", 3, 1, "A `-` is missing here."),
        ("(R-R)", 5, 1, "A bracket says how often it stands: (...)x2 to (...)x999."),
        ("(R)x0", 3, 1, "A bracket says how often it stands: (...)x2 to (...)x999."),
        ("R-((R)x999)x9", 2, 11, "These are more than 1,000 layers."),
        ("(R)x600-(R)x600", 0, 1, "Written out, these are 1,200 layers; at most 1,000"),
        ("(" * 30 + "R" + ")x2" * 30, 21, 1, "More than 20 brackets stand within one another."),
        ("F" + "9" * 50, 0, 51, "cannot be read as fully connected."),
        ("({(R)x999}-R)x999", 0, 17, "These are more than 1,000 layers."),
        ("({(R)x99}-R)x20", 0, 15, "These are more than 1,000 layers."),
        ("2٢C3", 0, 4, "`2٢C3` cannot be read as convolution."),
    ],
)
def test_an_error_says_what_is_possible_and_points_at_the_token(text, position, length, sentence):
    with pytest.raises(NotationError) as caught:
        parse(text)
    message, shown, pointer = str(caught.value).split("\n")
    assert sentence in message
    assert shown == f"  {text}"
    assert pointer == "  " + " " * position + "^" * length
    assert caught.value.position == position


def test_three_channels_are_made_of_one():
    maps = torch.rand(2, 1, 4, 4)
    repeated = Repeat(3).build((1, 4, 4))(maps)
    assert repeated.shape == (2, 3, 4, 4)
    assert all(torch.equal(repeated[:, [channel]], maps) for channel in range(3))


def test_the_token_reads_back_as_itself():
    assert write(parse("X3-8C3-F10")) == "X3-8C3-F10"


def test_padding_in_the_first_convolution_is_padding_of_the_image():
    padded = build("blind-descent-net", (3, 32, 32), 10, seed=1)
    repeating = build("X3-32C5p2-M2-32C5-R-M2-10C5", (1, 28, 28), 10, seed=1)
    assert sum(each.numel() for each in repeating.parameters()) == 36_074
    digits = torch.randint(0, 256, (4, 1, 28, 28), dtype=torch.uint8)
    as_published = F.pad(digits, (2, 2, 2, 2)).repeat(1, 3, 1, 1)
    assert torch.allclose(repeating(digits), padded(as_published), atol=1e-5)


def test_the_layer_table_counts_nothing_for_it():
    row = layer_table("X3-8C3-F10", (1, 8, 8)).rows[0]
    assert (row.output_shape, row.parameters, row.multiply_adds) == ((3, 8, 8), 0, 0)


def test_an_error_in_a_long_text_shows_what_stands_around_it():
    with pytest.raises(NotationError) as caught:
        parse("R-" * 4000 + "Q-" + "R-" * 4000)
    said, text, pointer = str(caught.value).split("\n")
    assert said.startswith("`Q` is no layer.")
    assert len(text) < 420
    assert text[pointer.index("^")] == "Q"
    assert caught.value.position == 8000


@pytest.mark.parametrize("text", ["R-" * 5_000_000 + "R", "R" * 10_000_000, "(" * 10_000_000])
def test_ten_megabytes_are_refused_at_once(text):
    with pytest.raises(NotationError, match="characters; at most 20,000 are read") as caught:
        parse(text)
    assert len(str(caught.value)) < 1000


def test_blocks_within_blocks_take_no_time():
    text = "{" * 19 + "8C1" + "}" * 19
    (block,) = parse(text)
    assert block.output_shape((1, 28, 28)) == (8, 28, 28)
