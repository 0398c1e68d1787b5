import json
from pathlib import Path

import pytest
import torch

from code_fakes import RULE, files
from steepest.config import Config
from steepest.plan import Plan
from steepest.portable import cpu_facts
from steepest.runs import environment as environment_module
from steepest.runs.environment import (
    PACKAGES,
    changed_files,
    environment,
    hashes_of_files,
    package_version,
    processor,
)


def test_the_record_is_json_and_names_versions_processor_and_plan() -> None:
    plan = Plan(threads=2)
    record = json.loads(json.dumps(environment(plan)))
    assert record["plan"] == plan.to_dict()
    assert set(record["packages"]) == set(PACKAGES)
    assert record["packages"]["torch"] == torch.__version__
    assert record["cpu_capability"] == torch.backends.cpu.get_cpu_capability()
    assert record["cores"] >= 1
    assert record["processor"]
    assert record["python"].startswith("3.")


def test_the_record_tells_nothing_about_who_ran_it() -> None:
    recorded = {
        *("python", "packages", "program", "platform", "processor", "cores", "cpu_capability", "plan"),
        *("arithmetic", "torch_build", "c_library", "cpu", "instruction_sets", "variables"),
    }
    assert set(environment(Plan())) == recorded
    assert set(environment(Plan(threads=2))) == {*recorded, "thread_variables"}


def test_a_package_that_is_missing_has_no_version() -> None:
    assert package_version("a-package-that-nobody-wrote") is None
    assert package_version("torch") == torch.__version__


def test_the_processor_is_read_from_the_system_or_said_by_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = tmp_path / "cpuinfo"
    listing.write_text("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n\nprocessor\t: 1\nmodel name\t: other\n")
    monkeypatch.setattr("steepest.portable.Path", lambda text: listing)
    monkeypatch.setattr(environment_module, "cpu_facts", cpu_facts.__wrapped__)
    assert processor() == "Some CPU @ 2 GHz"
    listing.unlink()
    assert processor() == (environment_module.platform.processor() or environment_module.platform.machine())


def test_a_file_that_changed_that_is_gone_or_that_came_since_is_named(tmp_path: Path) -> None:
    text = "try: import extra\nexcept ImportError: pass\nimport helper\n"
    rule = files(tmp_path, rule_py=text + RULE, helper_py="")
    helper, extra = (str(tmp_path / name) for name in ("helper.py", "extra.py"))
    config = Config(optimizer=f"sam of {rule}:Mine")
    then = hashes_of_files(config)
    assert set(then["optimizer"]) == {str(rule), helper}
    assert changed_files(then, "model", "optimizer", config=config) == []
    files(tmp_path, extra_py="", helper_py="changed = 1\n")
    assert changed_files(then, "optimizer", config=config) == [helper, extra]
    assert changed_files(then, "optimizer") == [helper]
    assert changed_files(then, "model", config=config) == []
    rule.unlink()
    assert str(rule) in changed_files(then, "optimizer", config=config)
