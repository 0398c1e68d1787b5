import pytest

import steepest.byhand
from steepest.errors import UnknownName, UserError


def test_backprop_leaves_what_the_command_leaves(left_by):
    runs = []
    by_command, by_call = left_by(
        ["byhand", "backprop", "--sizes", "2,1", "--inputs", "1,2", "--targets", "0.5", "--biases", "yes",
         "--steps", "3", "--csv", "a.csv", "--html", "a.html", "--svg", "a.svg"],
        lambda: runs.append(
            steepest.byhand.backprop(
                sizes=(2, 1), inputs=[1, 2], targets=0.5, biases=True, steps=3,
                csv="a.csv", html="a.html", svg="a.svg",
            )
        ),
    )  # fmt: skip
    assert set(by_command) == {"a.csv", "a.html", "a.svg"}
    assert by_command == by_call
    assert len(runs[0].rows) == 3


def test_worksheets_and_grades_leave_what_the_commands_leave(left_by):
    by_command, by_call = left_by(
        ["byhand", "worksheet", "--topic", "softmax", "--out", "sheets", "--students", "2"],
        lambda: steepest.byhand.worksheet(topic="softmax", out="sheets", students=2),
    )
    assert len(by_command) == 5
    assert by_command == by_call


def test_what_is_handed_in_is_graded(tmp_path):
    steepest.byhand.worksheet(topic="size", out=tmp_path / "sheets", students=2)
    sheets = tmp_path / "sheets"
    grades = steepest.byhand.grade(sheets / "key.json", sheets / "key.csv", csv=tmp_path / "g.csv")
    assert [each.student for each in grades] == ["01", "02"]
    assert len((tmp_path / "g.csv").read_text().splitlines()) > 2
    with pytest.raises(UserError, match="is not an empty folder"):
        steepest.byhand.worksheet(topic="size", out=sheets)


def test_numbers_are_given_as_they_are_or_typed():
    typed, given = steepest.byhand.softmax("2,1", label=2), steepest.byhand.softmax([2, 1], label=2)
    assert typed.table.values == given.table.values
    done = steepest.byhand.step("Momentum", steps=2, start=[1, 1, 1], lr=0.1)
    assert done.lr == 0.1
    with pytest.raises(UserError, match="`x` in logits is no number"):
        steepest.byhand.softmax("2,x")
    with pytest.raises(UnknownName, match=r"called `learning_rate`\. Did you mean `lr`"):
        steepest.byhand.step("sgd", learning_rate=1)


def test_every_verb_has_its_name_whatever_was_imported_before():
    import steepest.byhand.windows  # a file of the room must not hide a verb
    from steepest.cli.byhand import app

    verbs = {name for name in app if not name.startswith("-")}
    assert verbs == set(steepest.byhand.__all__)
    assert all(callable(getattr(steepest.byhand, name)) for name in verbs)


VERBS = {
    "convolution": (["--kernel", "1 0; 0 -1", "--bias", "0.5"], {"kernel": "1 0; 0 -1", "bias": 0.5}),
    "pooling": (["--kind", "average", "--stride", "1"], {"kind": "average", "stride": 1}),
}


@pytest.mark.parametrize("verb", VERBS)
def test_the_call_leaves_what_the_command_leaves(verb, left_by):
    words, settings = VERBS[verb]
    done = []
    by_command, by_call = left_by(
        ["byhand", verb, "--matrix", "1 2 3; 4 5 6; 7 8 9", "--out", "drawn", *words],
        lambda: done.append(getattr(steepest.byhand, verb)(matrix="1 2 3; 4 5 6; 7 8 9", out="drawn", **settings)),
    )
    assert set(by_command) == {f"drawn/{n}" for n in ("overview.png", "windows.png", "windows.csv")}
    assert by_command == by_call
    assert len(done[0].result[0]) == 2


def test_sizes_and_counts_take_numbers_or_a_model():
    typed = steepest.byhand.size(input="28", kernel="5,3", stride="2", padding="1,0")
    assert typed == steepest.byhand.size(input=28, kernel=[5, 3], stride=2, padding=[1, 0])
    assert steepest.byhand.size("MLP")[-1].shape == (10,)
    assert steepest.byhand.count("mlp", classes=3).rows[-1].output_shape == (3,)


@pytest.mark.parametrize(
    ("verb", "settings", "said"),
    [
        ("convolution", {"matrix": "1", "digit": 7}, "Give one image: matrix, digit or image"),
        ("pooling", {"fit": 28}, "fit is the side in pixels"),
        ("size", {}, "Give a model"),
        ("size", {"kernel": (3, 3), "stride": (1, 1, 1)}, "stride has 3 numbers"),
        ("count", {"model": "mlp", "classes": 0}, "at least 1 class"),
    ],
)
def test_what_cannot_be_worked_is_refused(verb, settings, said):
    with pytest.raises(UserError, match=said):
        getattr(steepest.byhand, verb)(**settings)
