"""A command in a forked process ends as one of its own does."""

from torture.warm import forked


def test_code_and_words_of_a_command(tmp_path):
    assert forked(["--version"], tmp_path).code == 0
    ended = forked(["runs", "lst"], tmp_path)
    assert ended.code == 2
    assert len(ended.lines) == 1


def test_what_is_printed_there_is_not_printed_here(tmp_path, capfd):
    ended = forked(["--version"], tmp_path)
    assert ended.out.strip()
    assert capfd.readouterr().out == ""
