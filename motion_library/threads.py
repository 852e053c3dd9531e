"""How many threads small tensors deserve."""
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch work in one thread for a while, for work on many small tensors.

    A pose or a sentence is too small to share: waking a second thread costs more than it saves, and where the other core is busy
    the first one waits for it (compiling the gestures then took nine times as long with two threads as with one).
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
