def test_the_report_is_written_again_and_its_files_are_named(command, trained) -> None:
    folder = trained()
    (folder / "report.html").unlink()
    done = command("report", folder, "--split", "validation")
    assert done.code == 0
    assert done.out.splitlines()[0] == str(folder / "report.html")
    assert "<html" in (folder / "report.html").read_text()


def test_the_training_alone_can_be_reported(command, trained) -> None:
    folder = trained()
    assert command("report", folder, "--split", "none").code == 0
    assert not (folder / "confusion.png").exists()
    assert (folder / "curves.png").exists()


def test_a_run_that_is_none_is_refused(command) -> None:
    done = command("report", "nowhere")
    assert done.code == 2
    assert "nowhere is no run" in done.err
