import json
import os
import subprocess
import sys
from copy import deepcopy

import pytest

from steepest.config import Config
from steepest.errors import UserError
from steepest.plan import Plan
from steepest.portable import LIMITS, ONE_THREAD, lacks
from steepest.runs import arithmetic
from steepest.runs.arithmetic import ARITHMETICS, check_portable, instruction_sets, onednn, why_not
from steepest.runs.environment import environment

needs_avx2 = pytest.mark.skipif(bool(lacks()), reason=f"a portable process cannot be here: {lacks()}")
PLAIN = {key: value for key, value in os.environ.items() if key not in LIMITS}
RECORD = (
    "import json; from steepest.plan import Plan; from steepest.runs.environment import environment; "
    "print(json.dumps(environment(Plan())))"
)


@pytest.fixture(scope="module")
def here():
    return json.loads(json.dumps(environment(Plan())))


def with_value(record, path, value):
    changed = deepcopy(record)
    *above, last = path.split(".")
    inside = changed
    for key in above:
        inside = inside[key]
    inside[last] = value
    return changed


def in_another_process(**variables):
    done = subprocess.run(
        [sys.executable, "-c", RECORD], env={**PLAIN, **variables}, capture_output=True, check=True, text=True
    )
    return json.loads(done.stdout)


def test_the_same_bytes_are_promised_to_a_process_alike(here):
    assert why_not(here, here) == []
    other_threads = {**here, "thread_variables": {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}, "cores": 64}
    assert why_not(other_threads, here) == []  # as in a worker of a sweep: one thread is one thread


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("packages.torch", "1.0", "torch was 1.0"),
        ("torch_build.MKL", "2019", "torch's MKL was 2019"),
        ("c_library", "musl", "C library was musl"),
        ("processor", "Z80", "processor was Z80"),
        ("cpu.stepping", "99", "processor stepping was 99"),
        ("cpu.caches", "32K", "processor caches was 32K"),
        ("instruction_sets.oneDNN", "SSE41", "instruction sets oneDNN was SSE41"),
        ("instruction_sets.MKL", "matrices 4", "instruction sets MKL was matrices 4"),
        ("variables.MKL_CBWR", "AVX2", "MKL_CBWR was AVX2"),
        ("plan.precision", "bfloat16", "plan precision was bfloat16"),
        ("plan.device", "cuda", "it was trained on the device cuda"),
        ("arithmetic.name", "abacus", "this steepest does not know the arithmetic abacus 1"),
        ("arithmetic.version", 99, "this steepest does not know the arithmetic torch 99"),
        ("program", "0" * 64, "another version of steepest made it"),
        ("processes", 2, "2 processes trained it together"),
    ],
)
def test_whatever_bytes_depend_on_is_named_where_it_differs(path, value, words, here):
    reasons = why_not(with_value(here, path, value), here)
    assert any(each.startswith(words) for each in reasons), reasons


def test_what_threads_share_depends_on_more(here):
    two = {**with_value(here, "plan.threads", 2), "thread_variables": {}}
    assert why_not(two, two) == []
    assert why_not({**two, "cores": 64}, two) == [f"cores was 64, here it is {here['cores']}"]
    reasons = why_not({**two, "thread_variables": {"MKL_DYNAMIC": "FALSE"}}, two)
    assert "MKL_DYNAMIC was FALSE, here it is not set" in reasons
    made = {**two, "arithmetic": {"name": "torch-portable", "version": 1}}
    assert any("promises bytes of one" in each for each in why_not(made, made))


@pytest.mark.parametrize("field", ["program", "packages", "torch_build", "c_library", "cpu", "variables", "plan"])
def test_what_a_record_does_not_say_is_not_promised(field, here):
    older = {key: value for key, value in here.items() if key != field}
    assert any(each.startswith("an older steepest recorded it, without: ") for each in why_not(older, here))


@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"a": {}}, "\x1b[2J" + "y" * 1000])
def test_nothing_in_a_record_is_believed(junk, here):
    for field in [*here, "processes", "continued"]:
        for reason in why_not({**here, field: junk}, here):
            assert reason.isprintable()
    assert why_not(with_value(here, "arithmetic.name", junk), here)
    assert all(len(each) < 400 for each in why_not({**here, "processor": "y" * 10_000}, here))


def test_a_portable_record_asks_for_no_processor(here):
    assert set(ARITHMETICS["torch-portable"].decisive) < set(ARITHMETICS["torch"].decisive)
    mine = {**here, "arithmetic": {"name": "torch-portable", "version": 1}, "variables": LIMITS}
    theirs = {**mine, "processor": "AMD", "cpu": {"vendor": "AuthenticAMD"}, "cpu_capability": "AVX2"}
    assert why_not(theirs, mine) == []
    assert (
        "processor was AMD, here it is"
        in why_not(*(with_value(it, "plan.precision", "bfloat16") for it in (theirs, mine)))[0]
    )
    assert "the arithmetic was torch-portable, here it is torch" in why_not(theirs, here)


@needs_avx2
def test_a_process_says_what_torch_onednn_and_mkl_take_in_it():
    made = in_another_process(**LIMITS, **ONE_THREAD)
    assert made["arithmetic"] == {"name": "torch-portable", "version": 1}
    assert made["instruction_sets"]["torch"] == made["instruction_sets"]["oneDNN"] == "AVX2"
    assert made["variables"] == LIMITS
    other = in_another_process(MKL_CBWR="COMPATIBLE")
    assert other["arithmetic"]["name"] == "torch"
    assert other["instruction_sets"]["MKL"] == made["instruction_sets"]["MKL"] != instruction_sets()["MKL"]


def test_what_would_not_be_portable_is_refused(monkeypatch):
    with pytest.raises(UserError, match="portable is chosen before torch is loaded"):
        check_portable(Config())
    monkeypatch.setattr(arithmetic, "arithmetic_in_use", lambda: ARITHMETICS["torch-portable"])
    check_portable(Config(threads=1, device="cpu"))
    for wrong, words in (
        ({"threads": 2}, "threads is 2"),
        ({"device": "cuda"}, "device is cuda"),
        ({"precision": "bfloat16"}, "precision is bfloat16"),
    ):
        with pytest.raises(UserError, match=words):
            check_portable(Config(**wrong))


@pytest.mark.parametrize(
    ("flags", "limit", "found"),
    [
        ("sse4_1 avx avx2 fma", "", "AVX2"),
        ("sse4_1 avx", "", "AVX"),
        ("sse4_1 avx avx2 avx512f avx512bw avx512vl avx512dq", "", "AVX512_CORE"),
        ("sse4_1 avx avx2 avx512f avx512bw avx512vl avx512dq avx512_vnni avx512_bf16", "", "AVX512_CORE_BF16"),
        ("sse4_1 avx avx2 avx512f avx512bw avx512vl avx512dq", "AVX2", "AVX2"),
        ("sse4_1 avx avx2 avx512f avx512bw avx512vl avx512dq", "all", "AVX512_CORE"),
        ("neon", "", "none"),
    ],
)
def test_the_instruction_set_of_onednn_is_the_highest_that_is_there_and_allowed(flags, limit, found, monkeypatch):
    monkeypatch.setattr(arithmetic, "cpu_facts", lambda: {"flags": flags})
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert onednn() == found
