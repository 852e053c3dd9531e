import pytest
import torch

# What is tested is many small tensors; a second thread would only wait for the first (see motion_library/threads.py).
torch.set_num_threads(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
