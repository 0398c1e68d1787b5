"""Arithmetics: what a run's bytes depend on besides its program, data and files, and where the same are promised.

    torch            the same torch build, processor, instruction sets in use, variables, C library and plan
    torch-portable   the same torch build, C library and plan, on any x86-64 with AVX2; one thread

An arithmetic has a version, raised when it gives other bytes. An engine of our own would be one more line of
``ARITHMETICS``. torch says itself which instructions it takes, and so does MKL, which is part of it; its build
hides oneDNN's entry, so its set is derived from the processor's flags and from the variables that limit it.
"""

import ctypes
import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import UserError
from ..portable import LIMITS, MISLEADING, PORTABLE, SPELLED, asked, cpu_facts, lacks

Record = Mapping[str, Any]
ANOTHER = "another version of steepest made it"
# with one thread no variable of these can matter, and the workers of a sweep set some of them
OF_THREADS = (
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OMP_DYNAMIC", "MKL_DYNAMIC", "OMP_THREAD_LIMIT"),
    *("OMP_PROC_BIND", "OMP_SCHEDULE", "MKL_DOMAIN_NUM_THREADS"),
)
COMPATIBLE = 3  # MKL_CBWR_COMPATIBLE of mkl_types.h
FLAGS = {  # of the processor, that each instruction set of oneDNN needs besides those before it
    "SSE41": "sse4_1",
    "AVX": "avx",
    "AVX2": "avx2",
    "AVX2_VNNI": "avx_vnni",
    "AVX2_VNNI_2": "avx_vnni_int8 avx_ne_convert",
    "AVX512_CORE": "avx512f avx512bw avx512vl avx512dq",
    "AVX512_CORE_VNNI": "avx512_vnni",
    "AVX512_CORE_BF16": "avx512_bf16",
    "AVX512_CORE_FP16": "avx512_fp16",
    "AVX512_CORE_AMX": "amx_tile amx_int8 amx_bf16",
    "AVX512_CORE_AMX_FP16": "amx_fp16",
}
ASIDE = ("AVX2_VNNI", "AVX2_VNNI_2")  # what has AVX-512 need not have these


@dataclass(frozen=True)
class Arithmetic:
    """How numbers are computed.

    Args:
        version: raised when the same program would give other bytes in it.
        decisive: what must be alike, by the names of a record, for the same bytes to be promised.
        promise: where, in words.
    """

    name: str
    version: int
    decisive: tuple[str, ...]
    promise: str


BUILD = ("packages.torch", "torch_build", "c_library", "variables")
MACHINE = ("processor", "cpu", "cpu_capability", "instruction_sets")
ARITHMETICS = {
    each.name: each
    for each in (
        Arithmetic("torch", 1, (*BUILD, *MACHINE), "on this kind of processor with this build of torch"),
        Arithmetic(PORTABLE, 1, BUILD, "on every x86-64 with AVX2, with this build of torch"),
    )
}
WORDS = {"packages.torch": "torch", "cpu": "processor", "torch_build": "torch's", "c_library": "C library"}


def arithmetic_in_use() -> Arithmetic:
    """Return this process's arithmetic: the portable one where torch and MKL say that they keep to it."""
    import torch

    portable = asked() and not lacks() and torch.backends.cpu.get_cpu_capability() == "AVX2"
    return ARITHMETICS[PORTABLE if portable and mkl().get("mode") == COMPATIBLE else "torch"]


def check_portable(config: Config) -> None:
    """Refuse to begin what was asked to be portable and would not be.

    Raises:
        UserError: this process is not, or the config asks for what cannot be.
    """
    if arithmetic_in_use().name != PORTABLE:
        raise UserError(f"portable is chosen before torch is loaded: start Python with {SPELLED}")
    only = (("threads", config.threads, 1), ("device", config.device, "cpu"))
    for name, value, most in (*only, ("precision", config.precision, "float32")):
        if value not in (None, "auto", most):
            raise UserError(f"{name} is {value}, and portable bytes are promised for {name} {most} alone.")


def arithmetic_here(threads: int) -> dict[str, Any]:
    """Return what a record holds of the arithmetic, and of all that bytes of so many threads depend on here."""
    used = arithmetic_in_use()
    return {
        "arithmetic": {"name": used.name, "version": used.version},
        "torch_build": _torch_build(),
        "c_library": " ".join(platform.libc_ver()).strip() or platform.version(),
        "cpu": _cpu(),
        "instruction_sets": instruction_sets(),
        "variables": _set((*LIMITS, *MISLEADING)),
        **({"thread_variables": _set(OF_THREADS)} if threads > 1 else {}),
    }


def why_not(recorded: Record, here: Record) -> list[str]:
    """Say why the same bytes are not promised here for what a record tells of; nothing where they are promised.

    Args:
        recorded: a run's ``environment.json``, or an environment of a claim; nothing of it is believed.
        here: what ``environment`` records of this process.
    """
    found = list(dict.fromkeys(_differences(recorded, here)))
    for later in continuations(recorded):
        found += [f"after epoch {_shown(later.get('after'))}: {each}" for each in _differences(later, here)]
    return found


def continuations(recorded: Record) -> list[Record]:
    """Return the records of where a run went on; what is none counts as one that says nothing."""
    found = recorded.get("continued", [])
    return [each if isinstance(each, Mapping) else {} for each in (found if isinstance(found, list) else [found])]


def _differences(recorded: Record, here: Record) -> Iterator[str]:
    """Yield what keeps the bytes from being promised, in words."""
    name, version = (_at(recorded, f"arithmetic.{key}") for key in ("name", "version"))
    used = here["arithmetic"]
    arithmetic = ARITHMETICS.get(name) if isinstance(name, str) else None
    if name is not None and (arithmetic is None or version != arithmetic.version):
        yield f"this steepest does not know the arithmetic {_shown(name)} {_shown(version)}"
    elif name is not None and name != used["name"]:
        yield f"the arithmetic was {name}, here it is {used['name']}"
    threads, device = _at(recorded, "plan.threads"), _at(recorded, "plan.device")
    if device != "cpu":
        yield f"it was trained on the device {_shown(device)}, and only the processor's arithmetic promises bytes"
    if recorded.get("processes", 1) != 1:  # of before 0.1, when several could
        yield f"{_shown(recorded['processes'])} processes trained it together, here it is one"
    if arithmetic is None or _at(recorded, "plan.precision") != "float32":
        arithmetic = ARITHMETICS["torch"]  # whose list is the longest
    paths = ["program", *arithmetic.decisive, "plan"]
    if threads != 1:
        paths += ["cores", "thread_variables"]
        if name == PORTABLE:
            yield f"it was trained with {_shown(threads)} threads, and torch-portable promises bytes of one"
    unknown = [] if name is not None else ["arithmetic"]
    for path in paths:
        then, now = _at(recorded, path), _at(here, path)
        if then is None:
            unknown.append(_words(path))
        elif then != now:
            yield from _said(path, then, now)
    if unknown:
        yield f"an older steepest recorded it, without: {', '.join(unknown)}"


def _said(path: str, then: Any, now: Any) -> Iterator[str]:
    """Yield each difference of a field, or of a table the fields of it, in words."""
    if path == "program":
        yield ANOTHER
    elif isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in (key for key in {**now, **then} if then.get(key) != now.get(key)):
            named = str(key) if path.endswith("variables") else f"{_words(path)} {key}"
            yield f"{_shown(named)} was {_shown(then.get(key))}, here it is {_shown(now.get(key))}"
    else:
        yield f"{_words(path)} was {_shown(then)}, here it is {_shown(now)}"


def _words(path: str) -> str:
    return WORDS.get(path, path.replace("_", " "))


def _shown(value: Any) -> str:
    """Return a foreign value as one short line that no terminal obeys."""
    text = "not set" if value is None else str(value)
    return "".join(each if each.isprintable() else "?" for each in text[:100])


def _at(record: Record, path: str) -> Any:
    """Return what stands at a path with dots; None where nothing does."""
    found: Any = record
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _set(names: tuple[str, ...]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def _cpu() -> dict[str, str]:
    """Return maker, family, model and stepping as the system has them, and the caches: oneDNN blocks by them."""
    keys = {"vendor": "vendor_id", "family": "cpu family", "model": "model", "stepping": "stepping"}
    facts = {name: cpu_facts().get(key, platform.machine()) for name, key in keys.items()}
    sizes = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"))
    return {**facts, "caches": " ".join(each.read_text().strip() for each in sizes)}


@cache
def _torch_build() -> dict[str, str]:
    """Return which source torch was built of, and the versions of what it was built with."""
    import torch

    shown = torch.__config__.show()
    patterns = {
        "MKL": r"Math Kernel Library Version (\S+)",
        "oneDNN": r"MKL-DNN v(\S+)",
        "BLAS": r"BLAS_INFO=(\w+)",
    }
    found = {name: re.search(pattern, shown) for name, pattern in patterns.items()}
    told = {name: match[1] for name, match in found.items() if match}
    return {"source": str(torch.version.git_version), **told}


def instruction_sets() -> dict[str, str]:
    """Return which instructions torch, oneDNN and MKL take; the last two in their own terms."""
    import torch

    asks = mkl()
    told = ", ".join(f"{name} {number}" for name, number in asks.items()) or "not to be asked"
    return {"torch": torch.backends.cpu.get_cpu_capability(), "oneDNN": onednn(), "MKL": told}


@cache
def mkl() -> dict[str, int]:
    """Return what MKL says of itself: the number of its code for matrices and for functions, and its CBWR mode.

    Empty where this torch holds no MKL that can be asked.
    """
    import torch

    try:
        library = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"))
        asks = {"matrices": library.mkl_serv_cpu_detect, "functions": library.mkl_serv_vml_cpu_detect}
        return {**{name: int(ask()) for name, ask in asks.items()}, "mode": int(library.mkl_serv_cbwr_get(-1))}
    except (OSError, AttributeError):
        return {}


def onednn() -> str:
    """Return the instruction set that oneDNN takes: the highest that the processor has and no variable forbids."""
    flags = set(cpu_facts().get("flags", "").split())
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or ""
    names = list(FLAGS)
    names = names[: names.index(limit.upper()) + 1] if limit.upper() in names else names
    found = "none"
    for name in names:
        if flags.issuperset(FLAGS[name].split()):
            found = name
        elif name not in ASIDE:
            break
    return found
