"""What the tests of the models share."""

import pytest


@pytest.fixture
def model_file(tmp_path):
    """Write a file with a user's module; return what names it."""

    def write(body, name="Net"):
        path = tmp_path / "my_net.py"
        path.write_text(f"import torch\nfrom torch import nn\n\n{body}\n")
        return f"{path}:{name}"

    return write
