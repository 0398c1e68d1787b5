import json
from pathlib import Path

import pytest
import torch

from steepest.plan import Plan
from steepest.runs import environment as environment_module
from steepest.runs.environment import PACKAGES, environment, package_version, processor


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
    assert set(environment(Plan())) == {
        *("python", "packages", "platform", "processor", "cores", "cpu_capability", "plan")
    }


def test_a_package_that_is_missing_has_no_version() -> None:
    assert package_version("a-package-that-nobody-wrote") is None
    assert package_version("torch") == torch.__version__


def test_the_processor_is_read_from_the_system_or_said_by_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = tmp_path / "cpuinfo"
    listing.write_text("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n")
    monkeypatch.setattr(environment_module, "Path", lambda text: listing)
    assert processor() == "Some CPU @ 2 GHz"
    listing.unlink()
    assert processor() == (environment_module.platform.processor() or environment_module.platform.machine())
