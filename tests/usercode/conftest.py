import pytest

from code_fakes import nothing_confirmed

__all__ = ["nothing_confirmed"]


@pytest.fixture(autouse=True)
def a_new_machine(nothing_confirmed, tmp_path, monkeypatch):
    """Work in a folder of the test's own, where code that runs leaves its mark."""
    monkeypatch.chdir(tmp_path)
