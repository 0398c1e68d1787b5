import json
import os
import subprocess
import sys

import pytest

from steepest import portable
from steepest.errors import UserError
from steepest.portable import (
    LIMITS,
    ONE_THREAD,
    STARTED,
    asked,
    follow_record,
    lacks,
    start_portable,
    was_portable,
)

needs_avx2 = pytest.mark.skipif(bool(lacks()), reason=f"a portable process cannot be here: {lacks()}")
PLAIN = {key: value for key, value in os.environ.items() if key not in LIMITS}


def test_a_process_is_portable_where_all_limits_are_set_and_nothing_misleads():
    assert asked(LIMITS)
    assert asked({**LIMITS, "ONEDNN_MAX_CPU_ISA": "avx2"})
    assert not asked({**LIMITS, "MKL_CBWR": "AVX2"})
    assert not asked({**LIMITS, "DNNL_MAX_CPU_ISA": "SSE41"})
    assert not asked({key: value for key, value in LIMITS.items() if key != "MKL_CBWR"})


@needs_avx2
def test_a_process_begins_anew_with_the_limits_and_its_own_arguments():
    code = (
        "import os, sys, json, steepest.portable as p; p.start_portable(); "
        "print(json.dumps([os.getpid(), sys.argv[1:], sys.flags.dont_write_bytecode, dict(os.environ)]))"
    )
    began = subprocess.Popen(
        [sys.executable, "-B", "-c", code, "a b", "--c"],
        env={**PLAIN, "DNNL_MAX_CPU_ISA": "SSE41"},
        stdout=subprocess.PIPE,
    )
    process, arguments, flag, environment = json.loads(began.communicate()[0])
    assert (process, arguments, flag) == (began.pid, ["a b", "--c"], 1)
    assert environment.items() >= (LIMITS | ONE_THREAD).items()
    assert "DNNL_MAX_CPU_ISA" not in environment


@needs_avx2
def test_what_cannot_begin_anew_is_refused_with_the_way_out(monkeypatch):
    for name in LIMITS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match="before torch is loaded: start Python with ATEN_CPU_CAPABILITY=avx2 "):
        start_portable()
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setenv(STARTED, str(os.getpid()))
    with pytest.raises(UserError, match="takes away what the portable arithmetic needs"):
        start_portable()


@pytest.mark.parametrize(
    ("machine", "flags", "words"),
    [("aarch64", "avx2 fma", "this is aarch64"), ("x86_64", "sse4_2 avx fma", "this processor has no avx2")],
)
def test_other_processors_are_refused(machine, flags, words, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr(portable, "cpu_facts", lambda: {"flags": flags})
    monkeypatch.setattr(portable, "asked", lambda: False)
    assert lacks().startswith(words)
    with pytest.raises(UserError, match=words):
        start_portable()


def test_a_record_says_whether_it_was_made_portable(tmp_path, monkeypatch):
    made, other = ({"arithmetic": {"name": name}} for name in ("torch-portable", "torch"))
    run = tmp_path / "runs" / "one"
    run.mkdir(parents=True)
    (run / "environment.json").write_text(json.dumps(made))
    monkeypatch.chdir(tmp_path)
    assert was_portable(run)
    assert was_portable(tmp_path / "one") is False
    assert was_portable(run.relative_to(tmp_path / "runs"))
    claim = tmp_path / "claim.json"
    for environments, all_of_them in (([made, made], True), ([made, other], False), ([], False), ("no", False)):
        claim.write_text(json.dumps({"circumstances": {"environments": environments}}))
        assert was_portable(claim) is all_of_them
    for damaged in ("[" * 100_000, "\0", "{}", "[1]"):
        claim.write_text(damaged)
        assert not was_portable(claim)
    follow_record(run)  # torch is loaded here: it is left as it is
