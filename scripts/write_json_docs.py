"""Write docs/json.md: what every field of every JSON object means; ``--check`` fails where the page is stale.

The table below is held, in both directions, to what the commands print: ``tests/cli/test_json.py``.
A field's path has a dot before a key, ``[]`` for the items of a list, ``*`` for any key, and ``**`` for all below.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from steepest.cli.options import FORMAT
from steepest.errors import EXIT_CODES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "json.md"
HEAD = """# JSON: what the commands print for programs

Written by `python scripts/write_json_docs.py`. With `--json` a command prints one object on standard output, and
what it says to people goes to standard error. Every object has `format`: the verb, and a number that is counted up
where a field changes its meaning or goes; new fields may come. Counts are whole numbers, accuracies and
probabilities fractions in [0, 1], losses nats, and `run` is an absolute path. What does not exist is `null`.

A command that fails prints the object `error` instead. One that printed its own object before it failed, such as
`optimizers check` of a rule with a fault, prints no other; its exit code tells.

In the tables `[]` stands for the items of a list, `*` for any key, `**` for all that lies below.
"""

SCORE = """
name             the class, or which mean
precision        the fraction of the images given this class that are of it
recall           the fraction of its images that were given it
f1               the harmonic mean of both
images           how many there are
"""
RANKING = """
class            a class, the likeliest first
probability      of it
"""
NEIGHBOUR = """
row              in the training split
name             its file, or its row in words
label            its class
cosine           of the angle between both images' values before the last layer
"""
EXPLAINED = """
name             its file, or its row in words
row              in the split; null for a picture file
true             its class; null where nobody says
predicted        the class that the network gave it
probability_true of its own class
occlusion_focus  null without captum
occlusion_focus.vertical    where a cover takes most away: 0 the top edge, 1 the bottom edge
occlusion_focus.horizontal  0 the left edge, 1 the right edge
occlusion_focus.loss        how much of the predicted class's probability
"""
CHECK = """
check.machine            what the values were held to
check.compared           how many values
check.unchecked[]        those that the other side does not know
check.largest_deviation  the largest difference
check.agrees             whether all agree to 1e-12
"""
CELLS = """
given.*          every given value by name
cells[].name     as one writes it
cells[].symbols  its formula
cells[].numbers  the formula with its numbers
cells[].value    the value
"""
LAYERS = """
notation         the model as text
input_shape[]    channels, height, width
layers[].name    its module's name
layers[].token   as the notation writes it
layers[].kind    in words
layers[].output_shape[]  without the batch
layers[].parameters      that it learns
layers[].derivation      their count as a sum of products
layers[].receptive_field[]  height and width, in pixels of the input
layers[].multiply_adds   an image
layers[].depth           1 and more inside a residual block
parameters       in all
derivation       their count as a sum over the layers
multiply_adds    an image, in all
megabytes.*      an image: input, forward/backward, parameters, total
"""
RULE = """
name             the rule's first name
names[]          all its names
family           the file it stands in
summary          a sentence
formula          a step
idea             why it works
fails            when it does not
source           author, year, address
choice           why these defaults
wraps            the rule that it wraps by default; empty for none
lr               the default learning rate
parameters[].name     of a hyperparameter
parameters[].default  its value
parameters[].range    what it may be
parameters[].why      the reason for the range
parameters[].tuned    the range that compare searches; empty for none
cost.forwards    evaluations of the loss a step, on average
cost.backwards   evaluations of the gradient a step, on average
cost.vectors     size of the state in vectors as long as the weights
"""
EPOCH = """
epoch            counted from 1
lr               of its last step
train_loss       the mean over its steps
train_accuracy   the same
forwards         passes so far
backwards        passes so far
val_loss         on the validation split, where there is one
val_accuracy     the same
seconds          that it took
"""
WORKED = """
side             as it was written
settings.*       what was tuned, and to which value
accuracy         on the split that it was measured on
loss             on the same
diverged         null, or what happened
forwards         passes through the network
backwards        passes back
seconds          that it took
key              its folder among the runs
"""
TRIAL = (
    WORKED
    + """
study            which of the independent tunings
number           which trial of the study
widening         how often the range was widened before it
"""
)
DESIGN = """
tuned            whether each side is tuned
units            independent studies, or seeds where nothing is tuned
seeds_each       runs measured in a unit
trials           settings that a study tries
first_seed       of the runs
split_seed       of the validation split
until_decided    whether units are added until every pair is decided
budget           what each side's tuning gets as much of
"""


def below(prefix: str, block: str) -> str:
    """Return a block of fields whose paths begin with a prefix."""
    return re.sub(r"^(?=\S)", prefix, block, flags=re.MULTILINE)


FIELDS = {
    "error": """
error.kind       the name of the error: UserError, IntegrityError, DivergedError, StoppedError, ...
error.message    the line on standard error
error.exit_code  the command's exit code
""",
    "train": "run              its folder\n" + below("best.", EPOCH) + below("epochs[].", EPOCH),
    "evaluate": """
run              its folder
weights          best or last
split            test, validation or train
images           how many
loss             the mean cross-entropy
accuracy         the fraction right
accuracy_interval_95[]  the two ends of its Wilson interval
calibration_error       the expected one, over 15 bins
classes[]        their names, in label order
confusion[][]    counts: a row a true class, a column a predicted one
confused_pairs[].true       a class
confused_pairs[].predicted  what it was taken for
confused_pairs[].count      how often; the most frequent first
wrong_images[].row          in the split; the surest first
wrong_images[].name         its file; null where it came from none
wrong_images[].true         its class
wrong_images[].predicted    the class it was given
wrong_images[].probability  of that class
notes[]          sentences that must stand wherever a number does
"""
    + below("class_scores[].", SCORE)
    + below("mean_scores[].", SCORE),
    "predict": "run              its folder\nimages[].path    the file\n" + below("images[].ranking[].", RANKING),
    "explain": """
run              its folder
weights_sha256   of the file of weights that was read
split            whose rows are meant
images_in_split  how many it has
wrong_in_split   how many of them are wrong
weights.*[]      of each layer with weights, their shape
images[].layers.*[]  of each layer asked for, the shape of its maps
notes[]          sentences that must stand beside it
files[]          what was written
"""
    + "".join(
        below(f"{kind}[].", EXPLAINED)
        + below(f"{kind}[].ranking[].", RANKING)
        + below(f"{kind}[].nearest[].", NEIGHBOUR)
        + "".join(
            f"{kind}[].{twin}  null where there is none\n" + below(f"{kind}[].{twin}.", NEIGHBOUR)
            for twin in ("nearest_of_true", "nearest_of_predicted")
        )
        for kind in ("images", "wrong")
    ),
    "explain --label-errors": """
run              its folder
images           how many labels were judged
agreement        the fraction of labels that the networks agree with
confident_errors how many they confidently disagree with
suspects[].row   in the training split; the most doubtful first
suspects[].name  its file; null where it came from none
suspects[].given              what it is called
suspects[].suggested          what the networks call it
suspects[].probability_given  of its label
suspects[].probability_suggested  of the other
suspects[].confident          whether they confidently disagree
files[]          what was written
""",
    "report": "run              its folder\nfiles[]          what was written\n",
    "runs list": """
runs[].run       its folder
runs[].error     what is wrong with it; then nothing else is told
runs[].model     as asked for
runs[].data      the same
runs[].optimizer the same
runs[].lr        the first learning rate
runs[].seed      of weights, order and augmentation
runs[].epochs_done     that the last checkpoint holds
runs[].epochs    asked for
runs[].finished  whether nothing is left to do
runs[].train_accuracy  in the best epoch; null before the first
runs[].val_accuracy    the same; null without a validation split
runs[].seconds   of all epochs
runs[].modified  seconds since 1970, when it was begun
""",
    "data list": """
data_dir         the folder of data
datasets[].name  as --data takes it
datasets[].title in words
datasets[].train images
datasets[].test  images
datasets[].homepage  of its publisher
datasets[].licence   as published
datasets[].download_bytes  0 where there is nothing to fetch
datasets[].shape[]   channels, height, width
datasets[].classes[] their names
datasets[].state     embedded, ready, files here or to fetch
""",
    "models list": """
models[].name       as --model takes it
models[].notation   as text
models[].parameters that it learns
models[].source     where it comes from
models[].shape[]    channels, height, width of the images it is written for
models[].classes    how many it tells apart
""",
    "models show": LAYERS,
    "optimizers list": below("optimizers[].", RULE),
    "optimizers show": RULE,
    "optimizers race": """
surface          that was descended
steps            that each rule took
rules[].rule     as it was written; the lowest first
rules[].lr       that it ran with
rules[].height   where it ended
files[]          the picture and the moving one
""",
    "optimizers check": """
rule             as it was written
checks[].check   its name
checks[].passed  whether there is nothing to complain of
checks[].complaint  in words; empty where it passed
""",
    "doctor": """
findings[].what   was looked at
findings[].found  how it is
findings[].state  good, note or bad
findings[].advice what to do about it; empty for nothing
""",
    "byhand backprop": """
network.sizes[]  neurons of each layer, inputs first
network.inputs[] the given values
network.targets[]  the same
network.weights[]  layer by layer, neuron by neuron, input by input
network.biases[]   one a neuron; empty for none
network.activation of the hidden layers
network.output     of the last layer, which decides the error
lr               the learning rate
rows[].*         every quantity before each update, by name
rates.*          E in the last row for each rate of --rates
"""
    + CHECK,
    "byhand softmax": CELLS
    + CHECK
    + "finite_differences[]  the gradient by differences\nautograd[]  the gradient by autograd\n",
    "byhand step": CELLS + CHECK + "rule  as it was written\nlr  the learning rate\nobjective  the parabola\n",
    **{
        f"byhand {verb}": """
result[][][]     a value a window, by channel, row and column
windows[]        so many as --windows asks for, worked out
"""
        + CHECK
        for verb in ("convolution", "pooling")
    },
    "byhand count": LAYERS,
    "byhand size": """
layers[].token   as the notation writes it
layers[].shape[] behind it
layers[].size    how its height came about; empty where it stays
layers[].field   how the receptive field came about; empty where it stays
layers[].jump    how far apart neighbouring fields lie; empty where it stays
""",
    "byhand worksheet": """
folder           where the sheets are
files[]          their names
students         how many sheets
""",
    "byhand grade": """
grades[].student  as the key names them
grades[].right    cells
grades[].follows  cells that are worked out rightly from an earlier wrong one
grades[].cells    in all
grades[].first_wrong  its name; null for none
grades[].slips[]  what explains the first wrong cell
grades[].faults[].cell     its name
grades[].faults[].verdict  wrong, or what else
grades[].faults[].written  by the student; null for nothing
grades[].faults[].right    the value
grades[].faults[].slips[]  what explains it
grades[].faults[].formula  the slip's formula; empty for none
""",
    "compare": """
folder           of the runs and the page
made             when
program          a hash of what decides the numbers
question.vary        the setting whose values the sides are
question.candidate   the side that the claim is about; null for none
question.sides.**    each side's settings, as in a run's config.toml
question.criterion.metric  accuracy, loss, steps, passes or seconds
question.criterion.target  a validation accuracy to be reached; null for none
question.criterion.margin  the largest difference that does not matter
question.criterion.images  whether the verdict holds for new test images
files.*          hashes of the user's own files
circumstances.**  classes, images, their hashes, and the machines that trained
notes[]          sentences that must stand beside it
results[].unit   which study or seed
results[].seed   of the run
results[].made   when
results[].steps  to the target; null without one
results[].epochs done
results[].arrival  when the target was reached; null without one
results[].weights  a hash of the final ones
results[].correct  a hash of which test images are right
verdicts[].candidate   the side that is judged
verdicts[].reference   the side that it is held to
verdicts[].kind        better, worse, equivalent or undecided
verdicts[].sentence    in words
verdicts[].n           units
verdicts[].mean        difference
verdicts[].low         end of its interval
verdicts[].high        the other end
verdicts[].bootstrap_low   by the bootstrap
verdicts[].bootstrap_high  the same
verdicts[].p           of no difference
verdicts[].p_adjusted  for several pairs
verdicts[].p_equivalent           of a difference beyond the margin
verdicts[].p_equivalent_adjusted  for several pairs
verdicts[].floor       the smallest p that so many units can give
verdicts[].more        how many units it may take to decide
verdicts[].why         why nothing is decided
verdicts[].margin      the largest difference that does not matter
verdicts[].alpha       of the interval
verdicts[].pairs       that are judged together
verdicts[].method      the test
verdicts[].correlation of the sides over the units
earlier[].**     of --until-decided: the looks before
sha256           over everything above
"""
    + below("question.design.", DESIGN)
    + below("trials[].", TRIAL)
    + below("results[].", WORKED),
    "tune": "folder           of the runs and the page\n"
    "config.*         the settings to train with, as in a run's config.toml\n"
    "command          that trains with them\n"
    + below("design.", DESIGN)
    + below("trials[].", TRIAL)
    + below("chosen.", TRIAL),
    "verify": """
subject          the run or the claim
accepted         whether all of it holds; null where nothing refutes it and something cannot be judged here
verdict          the same in words
findings[].name      what was checked
findings[].accepted  whether it holds; null where it cannot be judged here
findings[].text      in words
""",
    "reproduce list": """
experiments[].name    as reproduce takes it
experiments[].title   in words
experiments[].source  who published it
""",
    "reproduce": """
experiment       its name
title            in words
source           who published it
quick            whether it was made smaller
seeds            of every case
figures[].**     each published figure, ours, the tolerance and the verdict
sections[].title       of a section of the page
sections[].contents[].**  its tables, curves, images and text
failures[].**    what could not be made, and why
faults[].what    a fault of the publication
faults[].mended  what mending it changes
questions[].asks     that the publication puts to its readers
questions[].answer   ours
questions[].command  that shows it
notes[]          sentences that must stand beside it
seconds          that it took
command          that makes it again
made.*           when and on what
""",
}


def fields_of(verb: str) -> dict[str, str]:
    """Return each field's path and meaning, in the order of the page."""
    lines = (line for line in FIELDS[verb].splitlines() if line.strip())
    found: dict[str, str] = {}
    for line in lines:
        field, meaning = line.split(maxsplit=1)
        found[field] = meaning
    return found


def paths_in(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of every number and text in a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths_in(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from paths_in(inner, f"{path}[]")
    else:
        yield path


def covers(field: str, path: str) -> bool:
    """Say whether a field of the table stands for a path that was printed.

    >>> covers("rows[].*", "rows[].w1"), covers("made.**", "made.on.cores"), covers("run", "runs")
    (True, True, False)
    """
    pattern = re.escape(field).replace(r"\*\*", ".+").replace(r"\*", r"[^\[\]]+")
    return re.fullmatch(pattern, path) is not None


def page() -> str:
    """Return docs/json.md."""
    codes = "\n".join(f"| {code} | {word} |" for code, word in EXIT_CODES.items())
    parts = [HEAD, f"| exit code | |\n|---|---|\n{codes}\n"]
    for verb in FIELDS:
        rows = "\n".join(f"| `{field}` | {why} |" for field, why in fields_of(verb).items())
        told = "reproduce" if verb == "reproduce list" else verb.partition(" --")[0]
        heading = f"## {verb}\n\nThe format is steepest {told} {FORMAT}."
        parts.append(f"{heading}\n\n| field | |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    if "--check" in arguments:
        stale = not PAGE.is_file() or PAGE.read_text() != page()
        print("docs/json.md is stale: python scripts/write_json_docs.py" if stale else "docs/json.md agrees")
        return stale
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
