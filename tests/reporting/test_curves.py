from xml.etree import ElementTree

from steepest.reporting.curves import curves, value_range


def rows(epochs: int, validated: bool = True) -> list[dict[str, float]]:
    made = []
    for epoch in range(1, epochs + 1):
        row = {"epoch": float(epoch), "train_loss": 2 / epoch, "train_accuracy": 1 - 0.5 / epoch}
        if validated:
            row |= {"val_loss": 2.2 / epoch, "val_accuracy": 0.9 - 0.5 / epoch}
        made.append(row)
    return made


def test_both_panels_have_a_line_for_each_split() -> None:
    tree = ElementTree.fromstring(curves(rows(4), best=3))
    assert [line.get("class") for line in tree.iter("polyline")] == ["line train", "line val"] * 2
    assert all(len(line.get("points", "").split()) == 4 for line in tree.iter("polyline"))


def test_without_a_validation_split_there_is_one_line() -> None:
    tree = ElementTree.fromstring(curves(rows(4, validated=False), best=4))
    assert [line.get("class") for line in tree.iter("polyline")] == ["line train"] * 2
    assert "validation" not in "".join(tree.itertext())


def test_each_epochs_numbers_stand_under_the_pointer() -> None:
    tree = ElementTree.fromstring(curves(rows(2), best=2))
    titles = [title.text for title in tree.iter("title")]
    assert titles[1] == "epoch 2\ntraining 1.0000\nvalidation 1.1000"
    assert titles[3] == "epoch 2\ntraining 75.00%\nvalidation 65.00%"


def test_the_kept_epoch_is_marked_unless_it_is_the_last() -> None:
    assert curves(rows(5), best=2).count(">kept<") == 2
    assert ">kept<" not in curves(rows(5), best=5)


def test_one_epoch_is_drawn_too() -> None:
    tree = ElementTree.fromstring(curves(rows(1), best=1))
    assert len(list(tree.iter("circle"))) == 4


def test_dots_of_many_epochs_do_not_hide_the_line() -> None:
    assert 'class="chart dense"' in curves(rows(41), best=41)
    assert 'class="chart dense"' not in curves(rows(40), best=40)


def test_a_reader_hears_where_the_curves_begin_and_end() -> None:
    label = "Loss (nats) over 2 epochs: training from 2.0000 to 1.0000; validation from 2.2000 to 1.1000."
    assert label in curves(rows(2), best=2)


def test_an_accuracys_axis_never_leaves_what_is_possible_nor_has_no_height() -> None:
    for values in ([1.0], [0.0], [0.5, 0.5], [0.0, 1.0]):
        low, high = value_range("accuracy", values)
        assert 0 <= low <= min(values) <= max(values) <= high <= 1
        assert high - low >= 0.02 - 1e-12
    assert value_range("loss", [0.0]) == (0.0, 1.0)
