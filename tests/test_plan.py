import platform
import subprocess
import sys

import pytest
import torch
from torch import nn

from steepest import plan as plan_module
from steepest.errors import UserError
from steepest.models import build
from steepest.plan import THREADS_PAY_FROM, Plan, choose_plan, cores, in_memory_format

SHAPE = (1, 28, 28)


def test_a_plan_comes_back_from_its_dictionary() -> None:
    plan = Plan("cpu", 3, "bfloat16", True)
    assert Plan.of(plan.to_dict()) == plan


def test_applied_sets_torch_up_and_puts_everything_back_even_after_an_error() -> None:
    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    seen = []

    def fail() -> None:
        with Plan(threads=before[0] + 2, precision="bfloat16").applied():
            seen.append((torch.get_num_threads(), torch.get_float32_matmul_precision()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert seen == [(before[0] + 2, "medium")]
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == before


def test_small_work_gets_one_thread_and_large_work_one_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "cores", lambda: 6)
    small = build("F10", SHAPE, 10)
    assert choose_plan(small, SHAPE, 64).threads == 1
    # 3 passes * 2 operations * 7840 weights * B images
    enough = int(THREADS_PAY_FROM / (3 * 2 * 7840)) + 1
    assert choose_plan(small, SHAPE, enough).threads == 6
    assert choose_plan(small, SHAPE, enough - 2).threads == 1
    assert choose_plan(small, SHAPE, enough, threads=2).threads == 2


def test_a_convolutions_work_counts_every_place_of_its_map() -> None:
    network = build("8C5-F10", SHAPE, 10)
    work = plan_module._forward_work(network, SHAPE)
    assert work == 2 * (8 * 25 * 24 * 24 + 8 * 24 * 24 * 10)


def test_choosing_leaves_the_network_as_it_was() -> None:
    network = build("4C3-B-D0.5-F2", (1, 6, 6), 2).train()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    choose_plan(network, (1, 6, 6), 64)
    assert network.training
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())


def test_convolutions_travel_channels_last_and_precision_is_float32_unless_asked() -> None:
    assert choose_plan(build("4C3-F2", SHAPE, 2), SHAPE, 64).channels_last
    plain = choose_plan(build("F2", SHAPE, 2), SHAPE, 64)
    assert not plain.channels_last
    assert (plain.precision, plain.autocast, plain.device) == ("float32", None, "cpu")
    coarse = choose_plan(build("F2", SHAPE, 2), SHAPE, 64, precision="bfloat16")
    assert coarse.autocast == torch.bfloat16


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_a_device_that_is_not_here_is_refused_with_those_that_are() -> None:
    with pytest.raises(UserError, match="has no cuda device for torch"):
        choose_plan(build("F2", SHAPE, 2), SHAPE, 64, device="cuda")


@pytest.mark.parametrize("channels", [1, 3])
def test_the_memory_format_changes_strides_and_no_pixel(channels: int) -> None:
    images = torch.randint(0, 256, (5, channels, 4, 6), dtype=torch.uint8)
    laid = in_memory_format(images, Plan(channels_last=True))
    assert torch.equal(laid, images)
    assert laid.is_contiguous(memory_format=torch.channels_last)
    convolution = nn.Conv2d(channels, 2, 3).to(memory_format=torch.channels_last)
    assert convolution(laid.float()).shape == (5, 2, 2, 4)
    assert in_memory_format(images, Plan()) is images


def test_more_threads_than_any_machine_has_are_refused() -> None:
    network = build("F2", SHAPE, 2)
    assert choose_plan(network, SHAPE, 64, threads=1024).threads == 1024
    with pytest.raises(UserError, match="threads must be at most 1,024, not 100,000"):
        choose_plan(network, SHAPE, 64, threads=100_000)


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks the GNU C library")
def test_a_process_may_keep_freed_memory_and_then_takes_no_new_pages() -> None:
    program = (
        "import resource, torch\n"
        "from steepest.plan import keep_freed_memory\n"
        "def faults():\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    for _ in range(20): torch.ones(4 << 20)\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n"
        "first = faults(); assert keep_freed_memory(); faults(); print(first, faults())\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    before, after = map(int, said.split())
    assert before > 1000
    assert after < before / 10
