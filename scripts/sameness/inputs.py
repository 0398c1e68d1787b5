"""What the calls are given: a module, settings, drawn pictures, wrong answers, and files damaged on purpose."""

import csv
import json
from pathlib import Path

SOURCES = "sources"  # what is here a call is given, and does not leave
TOPICS = ("backprop", "convolution", "pooling", "softmax", "step", "size")

NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, classes, width=16):
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Flatten(), nn.Linear(784, width), nn.BatchNorm1d(width), nn.ReLU()),
            *(nn.Dropout(0.1), nn.Linear(width, classes)),
        )

    def forward(self, images):
        return self.layers(images)
"""
SETTINGS = """\
model = "F32-R-F10"
data = "mnist5k"
optimizer = "nesterov:beta=0.8"
lr = 0.05
schedule = "exponential"
epochs = 2
batch_size = 100
val = 0.25
stratified = false
split_seed = 3
seed = 7
init = "glorot"
normalize = "0.5/0.25"
augment = "shift:1+erase:4"
"""


def write_inputs(folder: Path) -> None:
    """Write a module, a file of settings and two classes of drawn pictures."""
    sources = folder / SOURCES
    sources.mkdir(exist_ok=True)
    (folder / "net.py").write_text(NET)
    (folder / "settings.toml").write_text(SETTINGS)
    (sources / "broken.toml").write_text("epochs = = 3")
    (sources / "key.toml").write_text("epoch = 3")
    (sources / "value.toml").write_text('epochs = "x"')
    (sources / "text.png").write_text("no picture")
    for number in range(24):
        draw_picture(folder / "shapes" / ("bars", "rings")[number % 2], number)


def draw_picture(folder: Path, number: int) -> None:
    """Draw a bar or a ring, grey on black, at a place that depends on the number."""
    from PIL import Image, ImageDraw

    folder.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", (24, 20))
    pen = ImageDraw.Draw(image)
    left, top, shade = 2 + number % 7, 1 + number % 5, 120 + 5 * number
    if number % 2:
        pen.ellipse((left, top, left + 10, top + 12), outline=shade, width=2)
    else:
        pen.rectangle((left + 4, top, left + 7, top + 13), fill=shade)
    image.save(folder / f"{number:02d}.png")


def tamper(folder: Path) -> None:
    """Write a claim with one accuracy raised, under the claim's own hash."""
    claim = json.loads((folder / "fixed.json").read_text())
    claim["results"][0]["accuracy"] += 0.001
    (folder / "tampered.json").write_text(json.dumps(claim))


def wrong_answers(folder: Path) -> None:
    """Fill the answers in: right ones, but for each seventh, whose sign is wrong, and each eleventh, missing."""
    for topic in TOPICS:
        with (folder / topic / "key.csv").open(newline="") as file:
            head, *rows = list(csv.reader(file))
        answers = [[*row[:-1], f"-{row[-1]}" if n % 7 == 0 else row[-1]] for n, row in enumerate(rows)]
        answers = [row for n, row in enumerate(answers) if n % 11]
        with (folder / f"{topic}.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *answers])


def damage(folder: Path) -> None:
    """Damage copies of runs: weights cut off, numbers changed, a config edited; and write the inputs."""
    write_inputs(folder)
    (folder / "empty").mkdir(exist_ok=True)
    for name, file in (("sgd", "best.safetensors"), ("blind", "last.safetensors")):
        path = folder / "runs" / name / file
        path.write_bytes(path.read_bytes()[:-100])
    table = folder / "runs" / "sam" / "metrics.csv"
    table.write_text(table.read_text().replace("\n1,", "\n1.5,", 1))
    config = folder / "runs" / "torch" / "config.toml"
    config.write_text(config.read_text().replace("seed = 0", "seed = 1", 1))
    (folder / "no-claim.json").write_text('{"a": 1}')
