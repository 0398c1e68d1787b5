import gzip
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import unquote

import numpy as np
import pytest

from steepest.data import load
from steepest.data.fetching import fetch
from steepest.data.table import TABLE
from steepest.errors import DataError, MissingDataset


class Mirror:
    """A web server on this machine, that counts what it is asked for."""

    def __init__(self, files: dict[str, bytes], ranges: bool, seconds: float) -> None:
        self.requests: list[str] = []
        self.bytes_sent = 0
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = unquote(self.path.lstrip("/"))
                mirror.requests.append(name)
                time.sleep(seconds)
                content = files.get(name)
                if content is None:
                    self.send_error(404)
                    return
                asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
                if asked and ranges:
                    content = content[int(asked[1]) : int(asked[2]) + 1]
                self.send_response(206 if asked and ranges else 200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                try:
                    self.wfile.write(content)
                    mirror.bytes_sent += len(content)
                except ConnectionError:
                    return  # the reader had enough

            def log_message(self, *arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[..., Mirror]]:
    mirrors = []

    def start(files: dict[str, bytes], *, ranges: bool = True, seconds: float = 0.0) -> Mirror:
        mirrors.append(Mirror(files, ranges, seconds))
        return mirrors[-1]

    yield start
    for mirror in mirrors:
        mirror.close()


@pytest.fixture
def dead() -> str:
    """An address where nobody answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/"


def compressed(published) -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(content) for name, content in published.files.items()}


def damaged(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 0xFF
    return bytes(changed)


def mirrored(monkeypatch, published, *addresses: str):
    source = replace(getattr(published, "source", published), mirrors=addresses)
    monkeypatch.setitem(TABLE, source.name, source)
    return source


def test_mirrors_are_tried_in_turn_until_one_has_the_published_bytes(digits, serve, dead, tmp_path, monkeypatch):
    files = compressed(digits)
    bad = serve({name: damaged(content) for name, content in files.items()})
    good = serve(files)
    source = mirrored(monkeypatch, digits, dead, bad.address, good.address)
    lines: list[str] = []
    brought = fetch(source, tmp_path, lines.append)
    assert sorted(path.name for path in brought) == sorted(files)
    assert sorted(bad.requests) == sorted(good.requests) == sorted(files)
    assert lines[:3] == [
        f"Fetching train-images-idx3-ubyte.gz from {address.split('/')[2]}."
        for address in (dead, bad.address, good.address)
    ]
    assert len(load("mnist", data_dir=tmp_path).train) == 30


def test_nothing_is_fetched_twice_and_only_what_is_wrong_is_fetched_again(digits, serve, tmp_path, monkeypatch):
    mirror = serve(compressed(digits))
    source = mirrored(monkeypatch, digits, mirror.address)
    fetch(source, tmp_path)
    assert fetch(source, tmp_path) == ()
    assert len(mirror.requests) == 4
    path = tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(damaged(path.read_bytes()))
    assert fetch(source, tmp_path) == (path,)
    assert mirror.requests[4:] == ["t10k-labels-idx1-ubyte.gz"]


def test_loading_fetches_what_is_not_there_and_leaves_nothing_behind(digits, serve, tmp_path, monkeypatch):
    mirrored(monkeypatch, digits, serve(compressed(digits)).address)
    load("mnist", data_dir=tmp_path)
    names = sorted(path.name for path in (tmp_path / "mnist").iterdir())
    assert [name for name in names if name != ".fetching.lock"] == sorted(compressed(digits))


def test_no_partial_file_is_left_when_all_mirrors_fail(digits, serve, dead, tmp_path, monkeypatch):
    bad = serve({name: content[:50] for name, content in compressed(digits).items()})
    empty = serve({})
    source = mirrored(monkeypatch, digits, dead, bad.address, empty.address)
    with pytest.raises(MissingDataset) as caught:
        fetch(source, tmp_path)
    message = str(caught.value)
    hosts = [address.split("/")[2] for address in source.mirrors]
    assert (
        f"({hosts[0]} cannot be reached; {hosts[1]} sent other bytes than the published ones; "
        f"{hosts[2]} answered 404)"
    ) in message
    assert "Three ways out" in message
    assert "\n" not in message
    assert {path.name for path in (tmp_path / "mnist").iterdir()} <= {".fetching.lock"}


def test_a_mirror_that_sends_without_end_is_cut_off(digits, serve, tmp_path, monkeypatch):
    endless = serve({name: bytes(5_000_000) for name in compressed(digits)})
    source = mirrored(monkeypatch, digits, endless.address)
    with pytest.raises(MissingDataset, match="sent more bytes than the file has"):
        fetch(source, tmp_path)


def test_an_archive_is_brought_whole_and_replaces_a_copy_that_differs(photos, serve, tmp_path, monkeypatch, pack):
    members = {f"cifar-10-batches-bin/{name}": data for name, data in photos.files.items()}
    mirror = serve({"cifar-10-binary.tar.gz": pack(members)})
    source = mirrored(monkeypatch, photos, mirror.address)
    batches = tmp_path / "cifar10" / "cifar-10-batches-bin"
    photos.place(batches, packed=False)
    assert fetch(source, tmp_path) == ()
    test_batch = batches / "test_batch.bin"
    test_batch.write_bytes(bytes([1]) + test_batch.read_bytes()[1:-1] + b"?")
    assert [path.name for path in fetch(source, tmp_path)] == ["cifar-10-binary.tar.gz"]
    assert load("cifar10", data_dir=tmp_path).notes == ()


def drawings_file(count: int, start: int) -> bytes:
    buffer = BytesIO()
    numbers = (np.arange(count * 784) // 784 + start).astype(np.uint8)
    np.save(buffer, numbers.reshape(count, 784), allow_pickle=False)
    return buffer.getvalue()


@pytest.mark.parametrize("ranges", [True, False])
def test_of_doodles_only_the_beginning_is_brought(doodles, serve, tmp_path, monkeypatch, ranges):
    files = {"cat.npy": drawings_file(250, 0), "dog.npy": drawings_file(250, 100)}
    mirror = serve(files, ranges=ranges)
    source = mirrored(monkeypatch, doodles, mirror.address)
    fetch(source, tmp_path)
    dataset = load("quickdraw", data_dir=tmp_path)
    assert dataset.train.images[:, 0, 5, 5].tolist() == [0, 1, 2, 100, 101, 102]
    assert (tmp_path / "quickdraw" / "cat.npy").stat().st_size == 128 + 5 * 784
    if ranges:
        assert mirror.bytes_sent == 2 * (256 + 5 * 784)
    assert fetch(source, tmp_path) == ()


def test_a_class_that_does_not_exist_is_named(doodles, serve, tmp_path, monkeypatch):
    source = mirrored(monkeypatch, doodles, serve({"cat.npy": drawings_file(9, 0)}).address)
    with pytest.raises(DataError, match=r"quickdraw has no class `dog`\. Its names are at https://github"):
        fetch(source, tmp_path)


def test_a_folder_that_cannot_be_written_is_no_missing_network(digits, tmp_path):
    (tmp_path / "mnist").write_text("in the way")
    with pytest.raises(DataError, match=r"mnist cannot be written: File exists\. Choose another folder"):
        fetch(digits.source, tmp_path)


def test_a_complete_folder_is_not_written_to(digits, tmp_path):
    digits.place(tmp_path / "mnist")
    before = sorted((tmp_path / "mnist").iterdir())
    assert fetch(digits.source, tmp_path) == ()
    assert sorted((tmp_path / "mnist").iterdir()) == before


PROCESS = """
import json, sys
from dataclasses import replace
from steepest.data import load, table
from steepest.data.source import PublishedFile

settings = json.loads(sys.argv[1])
files = tuple(PublishedFile(**{**file, "shape": tuple(file["shape"])}) for file in settings["files"])
table.TABLE["mnist"] = replace(table.TABLE["mnist"], mirrors=(settings["mirror"],), files=files)
print(load("mnist", data_dir=settings["data_dir"]).train.sha256)
"""


def test_of_two_processes_one_fetches_and_the_other_waits(digits, serve, tmp_path):
    mirror = serve(compressed(digits), seconds=0.3)  # time for the second to come in between
    settings = {
        "mirror": mirror.address,
        "data_dir": str(tmp_path / "data"),
        "files": [vars(file) for file in digits.source.files],
    }
    command = [sys.executable, "-c", PROCESS, json.dumps(settings)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    results = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], results
    assert results[0][0] == results[1][0] != ""
    assert sorted(mirror.requests) == sorted(compressed(digits))
