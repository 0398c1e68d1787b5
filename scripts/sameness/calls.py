"""What ``same_as_before.py`` asks of both sides: parts, each a list of calls of the command line.

The calls know the verbs and the flags, and the files that a verb leaves; nothing of how any of it is made.
"""

import inspect
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .inputs import NET, SETTINGS, TOPICS, damage, draw_picture, tamper, write_inputs, wrong_answers

DATA = "{data}"  # stands for the folder of datasets; a call that names it is left out where there is none


@dataclass(frozen=True)
class Call:
    """A command to run.

    Args:
        name: of the call, one of its part.
        words: behind ``steepest``.
        before: makes what the call needs, in its folder.
        stop: the signal to send, such as ``SIGINT``.
        once: the file that must be there before the signal is sent.
        timed: whether what it prints depends on when a signal came: that is not compared.
        flags: whether it prints help, of which the flags are compared.
    """

    name: str
    words: tuple[str, ...]
    before: Callable[[Path], None] | None = None
    stop: str = ""
    once: str = ""
    timed: bool = False
    flags: bool = False

    @property
    def needs_data(self) -> bool:
        """Whether it names the folder of datasets."""
        return any(DATA in word for word in self.words)


@dataclass(frozen=True)
class Part:
    """Calls that are made in one folder, one after the other.

    Args:
        name: for ``--only``.
        title: for the page.
        calls: in their order.
        uses: the part whose folder this one begins with a copy of.
        of_old: whether that is the older side's on both sides: the newer one reads what the older one wrote.
    """

    name: str
    title: str
    calls: tuple[Call, ...]
    uses: str = ""
    of_old: bool = False


def call(name: str, line: str, before: Callable[[Path], None] | None = None) -> Call:
    """Return a call from a line as it would be typed."""
    return Call(name, tuple(shlex.split(line)), before)


TRAINED = (  # name, model and rule, and further flags
    ("sgd", "F64-R-D0.3-F10", "sgd", "--lr 0.2 --schedule cosine --epochs 3 --val 0.1 --clip-norm 1"),
    (
        "momentum",
        "8C3p1n-B-R-M2-F32-B-R-F10",
        "momentum:beta=0.8",
        "--schedule one-cycle --epochs 2 --augment shift:2+rotate:15 --weight-decay 1e-4 "
        "--label-smoothing 0.1 --normalize standard",
    ),
    (
        "adam",
        "lenet-5",
        "adam",
        "--schedule step:every=1 --epochs 3 --val 0.2 --patience 2 --init he --class-weights balanced --json",
    ),
    ("ema", "8C5-B-R-M2-D0.2-F10", "ema of adam", "--epochs 2 --val 0.1"),
    ("lookahead", "F32-R-F10", "lookahead of momentum:beta=0.8", "--epochs 2 --threads 1"),
    ("sam", "F32-B-R-F10", "sam:rho=0.1 of sgd", "--epochs 2 --batch-size 100"),
    ("blind", "F10", "blind-descent:candidates=4", "--epochs 2 --seed 3"),
    ("armijo", "F32-R-F10", "armijo", "--epochs 2 --batch-size 256"),
    ("torch", "F32-R-F10", "torch.optim.RMSprop:alpha=0.9", "--epochs 2 --lr 0.001"),
    ("schedule-free", "F32-R-F10", "schedule-free-adamw", "--epochs 2 --val 0.1"),
    ("muon", "4C5s2-R-F24-R-F10", "muon", "--epochs 2 --augment flip+scale:0.1"),
    ("bfloat16", "{8C3s2p1n-B-R-8C3p1n-B}-R-G-F10", "adamw:weight_decay=0.1", "--epochs 2 --precision bfloat16"),
    ("module", "net.py:Net:width=24", "soap", "--epochs 2 --batch-size 200"),
)


def training_calls() -> Iterator[Call]:
    """Yield a training with each rule, some from other sources, and two that are stopped and go on."""
    for place, (name, model, rule, flags) in enumerate(TRAINED):
        line = f"train '{model}' --data mnist5k --optimizer '{rule}' {flags} --out runs/{name}"
        yield call(name, line, None if place else write_inputs)
    yield call("settings", "train --config settings.toml --epochs 3 --out runs/settings")
    yield call("folder", "train F8-R-F2 --data ./shapes --image-size 16x16 --val 0.25 --out runs/folder")
    yield call("init-from", "train lenet-5 --init-from runs/adam --seed 4 --epochs 1 --out runs/init-from")
    yield call("own-name", "train softmax-regression --optimizer lars --epochs 1")
    for number, name in (("SIGINT", "interrupted"), ("SIGTERM", "terminated")):
        flags = "--optimizer 'ema of momentum' --epochs 8 --val 0.1 --augment shift:1"
        stopped = call(name, f"train F64-B-R-D0.2-F10 {flags} --out runs/{name}")
        yield replace(stopped, stop=number, once=f"runs/{name}/last.safetensors", timed=True)
        yield replace(call(f"{name}-resumed", f"train --resume runs/{name}"), timed=True)
    yield call("diverged", "train F10 --optimizer sgd --lr 1e30 --normalize raw --out runs/diverged")


def evaluation_calls() -> Iterator[Call]:
    """Yield evaluations, predictions, reports, and runs trained again."""
    for name in ("adam", "momentum", "ema", "bfloat16", "module", "folder", "schedule-free"):
        split = " --split validation" if name == "folder" else ""
        yield call(f"json-{name}", f"evaluate runs/{name}{split} --json")
    yield call("text", "evaluate runs/adam")
    yield call("last", "evaluate runs/ema --weights last")
    yield call("validation", "evaluate runs/sgd --split validation --json")
    yield call("train", "evaluate settings --split train")
    yield call("predict", "predict runs/adam shapes/bars/00.png shapes/rings/01.png --top 4")
    yield call("predict-json", "predict runs/momentum shapes/bars/02.png --json")
    yield call("predict-folder", "predict runs/folder shapes/rings --out rings.csv")
    yield call("predict-csv", "predict runs/adam shapes/bars")
    yield call("report", "report runs/blind --split train")
    yield call("runs", "runs list")
    yield call("runs-json", "runs list --json")
    yield call("verify", "verify runs/ema")
    yield call("verify-json", "verify runs/momentum --json")


SIDES = "--model F16-R-F10 --data mnist5k --epochs 1 --batch-size 128 --workers 1"
FIXED = f"compare adam sgd momentum {SIDES} --fixed --seeds 8 --out fixed"


def comparison_calls() -> Iterator[Call]:
    """Yield comparisons at fixed settings and tuned, their claims verified, and tunings."""
    yield call("fixed", f"{FIXED} --claim fixed.json --json")
    yield call("fixed-text", FIXED)
    yield call("loss", f"compare sgd --candidate adam {SIDES} --fixed --seeds 6 --metric loss --out loss")
    yield call("images", f"compare adam sgd {SIDES} --fixed --seeds 6 --test-images --out images --json")
    yield call("until", f"compare adam sgd {SIDES} --fixed --until-decided --max-seeds 9 --out until")
    target = f"{SIDES} --metric steps --target 0.8".replace("--epochs 1", "--epochs 3")
    yield call("target", f"compare adam momentum {target} --fixed --seeds 6 --out target")
    vary = "--vary schedule --optimizer adam --fixed --seeds 6"
    yield call("vary", f"compare constant cosine {SIDES} {vary} --json")
    tuned = "--candidate 'momentum:beta=0.8' --against sgd,adam@batch_size=100 --studies 6 --trials 3"
    yield call("tuned", f"compare {SIDES} {tuned} --claim tuned.json --out tuned")
    yield call("tuned-json", f"compare {SIDES} {tuned} --out tuned --json --no-curve")
    yield call("verify", "verify fixed.json --sample 0")
    yield call("verify-all", "verify fixed.json --sample 1000 --json")
    yield call("verify-tuned", "verify tuned.json --sample 1000 --json")
    yield call("verify-tampered", "verify tampered.json --sample 0", tamper)
    yield call("tune", f"tune adam {SIDES} --trials 4 --out tune")
    yield call("tune-json", f"tune 'ema of sgd' {SIDES} --trials 3 --studies 2 --out tune-ema --json")


EXPERIMENTS = (
    *("gradient-descent", "backprop", "linear-optimizers", "mlp-and-convnets", "cnn-guide"),
    *("compact-net", "blind-descent"),
)


def reproduction_calls() -> Iterator[Call]:
    """Yield the short version of every published experiment."""
    yield call("list", "reproduce list --json")
    for name in EXPERIMENTS:
        yield call(name, f"reproduce {name} --quick --unverified --workers 1")
    yield call("again", "reproduce backprop --quick --unverified --workers 1 --json")


WORKED = {
    "backprop": "backprop",
    "backprop-steps": "backprop --sizes 2,3,2 --activation tanh --output softmax --biases yes --steps 5 --csv "
    "net.csv --html net.html --svg net.svg --rates 0.1,1,10",
    "backprop-json": "backprop --sizes 2,2,1 --inputs 0.5,-1 --targets 0.3 --activation relu --output linear "
    "--seed 4 --json",
    "convolution": "convolution --matrix '1 2 3; 4 5 6; 7 8 9' --kernel '1 0; 0 -1' --bias 0.5",
    "convolution-digit": "convolution --digit 7 --kernel random:3:1 --kernel edge --stride 4 --bias 0.3,0.1 "
    "--padding 1 --out seven",
    "convolution-json": "convolution --kernel sharpen --dilation 1 --padding 1 --windows 3 --json",
    "pooling": "pooling --digit 3 --index 2 --kernel 4 --out pooled",
    "pooling-average": "pooling --kind average --kernel 2 --stride 1 --padding 1 --json",
    "softmax": "softmax 2,1,0.1 --label 2",
    "softmax-json": "softmax 1000,-1000,3 --label 3 --json",
    "step-adam": "step adam --steps 3 --start 1,1 --curvature 1,10",
    "step-momentum": "step momentum:beta=0.8 --steps 4 --lr 0.2 --centre 1,-1 --json",
    "step-lion": "step lion --steps 2 --start 1,2,3",
    "step-rmsprop": "step rmsprop --steps 2 --json",
    "count": "count cnn-guide",
    "count-json": "count lenet-5 --classes 3 --json",
    "size": "size --input 28 --kernel 5,3 --stride 2 --padding 1,0",
    "size-model": "size convnet --json",
}


def byhand_calls() -> Iterator[Call]:
    """Yield every table by hand, and sheets for a class with their grading."""
    for name, line in WORKED.items():
        yield call(name, f"byhand {line}")
    for topic in TOPICS:
        yield call(f"sheets-{topic}", f"byhand worksheet --topic {topic} --seed 7 --students 3 --out {topic}")
    for place, topic in enumerate(TOPICS):
        line = f"byhand grade {topic}/key.json {topic}.csv --csv grades-{topic}.csv"
        ending = " --json" if place % 2 else ""
        yield call(f"grade-{topic}", line + ending, None if place else wrong_answers)


VERBS = (
    *("train", "evaluate", "predict", "runs list", "compare", "tune", "verify", "data list"),
    *("data fetch", "data add", "data show", "models list", "models show", "optimizers list"),
    *("optimizers show", "optimizers race", "optimizers check", "byhand backprop"),
    *("byhand softmax", "byhand step", "byhand convolution", "byhand pooling", "byhand count"),
    *("byhand size", "byhand worksheet", "byhand grade", "reproduce", "explain", "report"),
    "doctor",
)
RACERS = (
    *("gradient-descent", "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam"),
    *("adamw", "amsgrad", "adamax", "nadam", "radam", "signsgd", "lion", "lars", "lamb", "muon"),
    *("soap", "polyak", "armijo", "sam of sgd", "lookahead of adam", "ema of sgd"),
    *("schedule-free-sgd", "schedule-free-adamw", "blind-descent", "blind-search"),
    "torch.optim.Adagrad",
)


def description_calls() -> Iterator[Call]:
    """Yield what is told of data, models, rules and a trained network, and the flags of every verb."""
    yield call("explain", "explain runs/momentum --images 0,5 --wrong 3 --layer conv1")
    yield call("explain-json", "explain runs/ema --images 2 --wrong 2 --out apart --json")
    yield call("labels", "explain runs/sgd --label-errors --folds 2 --top 10 --out labels --json")
    yield call("data", "data list")
    yield call("data-json", "data list --json")
    yield call("data-show", "data show mnist5k --samples 20 --seed 1 --out digits.png")
    yield call("data-add", f"data add mnist --from '{DATA}/mnist' --data-dir added")
    yield call("data-added", "data show mnist --split test --data-dir added --out mnist.png")
    yield call("models", "models list")
    yield call("models-json", "models list --json")
    for name in ("cnn-guide", "compact-net", "resnet-small"):
        yield call(f"model-{name}", f"models show {name}")
    yield call("model-notation", "models show 32C3p1-R-{32C3p1-B}-M2-F10 --input 3x32x32 --json")
    yield call("rules", "optimizers list")
    yield call("rules-json", "optimizers list --json")
    for name in ("adam", "sam", "blind-descent", "schedule-free-sgd", "armijo"):
        yield call(f"rule-{name}", f"optimizers show {name}")
    yield call("check", "optimizers check 'lookahead of adam' --json")
    yield call("race", f"optimizers race --rules '{','.join(RACERS)}' --steps 40 --json")
    yield call("race-saddle", "optimizers race --on saddle --steps 30 --out saddle.png")
    yield call("version", "--version")
    for verb in VERBS:
        yield replace(call(f"help-{verb.replace(' ', '-')}", f"{verb} --help"), flags=True)


REFUSED = {
    "verb": "trian",
    "flag": "train --epoch 3",
    "no-number": "train --lr fast",
    "below": "train --epochs 0",
    "not-a-number": "train --lr nan",
    "model": "train convet",
    "data": "train --data mnits",
    "no-folder": "train --data ./nowhere",
    "rule": "train --optimizer adm",
    "hyperparameter": "train --optimizer adam:beta=0.5",
    "range": "train --optimizer adam:beta1=1.5",
    "wrapped": "train --optimizer 'sam of'",
    "no-file": "train none.py:Net",
    "misfit": "train F3",
    "notation": "train 32Q3-F10",
    "window": "models show 9C9 --input 1x5x5",
    "shape": "models show mlp --input 28",
    "no-toml": "train --config none.toml",
    "broken-toml": "train --config sources/broken.toml",
    "key-toml": "train --config sources/key.toml",
    "value-toml": "train --config sources/value.toml",
    "patience": "train --patience 3",
    "schedule": "train --schedule cosin",
    "augmentation": "train --augment shft:2",
    "taken": "train F10 --out runs/adam",
    "resume": "train --resume nowhere",
    "resume-more": "train --resume runs/adam --epochs 3",
    "resume-damaged": "train --resume runs/blind",
    "resume-changed": "train --resume runs/torch",
    "diverged": "train F32-R-F10 --optimizer sgd --lr 1e30 --epochs 1",
    "evaluate-damaged": "evaluate runs/sgd",
    "evaluate-nothing": "evaluate nowhere",
    "evaluate-split": "evaluate runs/adam --split tst",
    "evaluate-lacking": "evaluate runs/momentum --split validation",
    "report-changed": "report runs/sam",
    "predict-nothing": "predict runs/adam nowhere.png",
    "predict-text": "predict runs/adam sources/text.png",
    "predict-empty": "predict runs/adam empty",
    "predict-top": "predict runs/adam shapes/bars/00.png --top 0",
    "one-side": "compare adam",
    "same-side": "compare adam adam",
    "few-studies": "compare adam sgd --studies 5",
    "margin": "compare adam sgd --margin 1",
    "lr": "compare adam sgd --lr 0.1",
    "side": "compare adam adm",
    "verify-nothing": "verify none.json",
    "verify-no-claim": "verify no-claim.json",
    "experiment": "reproduce backprp",
    "seeds": "reproduce backprop --seeds 0",
    "explain-row": "explain runs/adam --images 9000",
    "explain-layer": "explain runs/adam --layer conv9",
    "surface": "optimizers race --on hill",
    "show-rule": "optimizers show admw",
    "samples": "data show mnist5k --samples 0",
    "fetch": "data fetch mnst",
    "add": "data add mnist --from nowhere",
    "kernel": "byhand convolution --kernel edgy",
    "logits": "byhand softmax 1,x",
    "quantity": "byhand backprop --steps 2 --columns F",
    "size-neither": "byhand size",
    "grade": "byhand grade none.json none.csv",
    "json-train": "train F10 --epochs 0 --json",
    "json-evaluate": "evaluate nowhere --json",
    "json-damaged": "evaluate runs/sgd --json",
    "json-compare": "compare adam --json",
}


def error_calls() -> Iterator[Call]:
    """Yield what is refused: each must end with its own line and its own code."""
    for place, (name, line) in enumerate(REFUSED.items()):
        yield call(name, line, None if place else damage)


def old_run_calls() -> Iterator[Call]:
    """Yield what is done with the older side's runs: numbers and bytes must come out as they went in."""
    for name in ("adam", "bfloat16"):
        yield call(f"evaluate-{name}", f"evaluate runs/{name} --json")
    for name in ("adam", "ema", "momentum", "blind", "module", "muon", "interrupted"):
        yield call(f"verify-{name}", f"verify runs/{name}")
    yield call("resume-finished", "train --resume runs/sgd")
    yield call("runs", "runs list")


def old_claim_calls() -> Iterator[Call]:
    """Yield what is done with the older side's claims and finished comparisons."""
    yield call("verify", "verify fixed.json --sample 0")
    yield call("verify-tuned", "verify tuned.json --sample 0 --json")
    yield call("nothing-again", FIXED)


PARTS = (
    Part("training", "Training", tuple(training_calls())),
    Part("evaluation", "Evaluation and prediction", tuple(evaluation_calls()), "training"),
    Part("comparison", "Comparison, claims and tuning", tuple(comparison_calls())),
    Part("reproduction", "Published experiments, `--quick`", tuple(reproduction_calls())),
    Part("byhand", "By hand", tuple(byhand_calls())),
    Part("descriptions", "Explanations, lists and help", tuple(description_calls()), "training"),
    Part("errors", "What is refused", tuple(error_calls()), "training"),
    Part("old-runs", "Runs of the old side", tuple(old_run_calls()), "training", of_old=True),
    Part("old-claims", "Claims of the old side", tuple(old_claim_calls()), "comparison", of_old=True),
)


def inputs_of(part: Part) -> str:
    """Return the text of all that makes a part's inputs: where it changes, the part is run again."""
    makers: list[Callable[..., None]] = [write_inputs, draw_picture]
    makers += [each.before for each in part.calls if each.before is not None]
    sources = map(inspect.getsource, makers)
    return "".join([*sources, NET, SETTINGS])
