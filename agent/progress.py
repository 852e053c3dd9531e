"""Progress on the terminal: which stage runs, how far long work has come. Silent where nobody watches."""
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """A spinner on stderr that names the stage at work."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda stage: None
        return
    with console.status("starting") as status:
        yield lambda stage: status.update(stage)


@contextmanager
def building() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on stderr for (what, done, total); it appears with the first call, and not at all without one."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    tasks: dict[str, int] = {}

    def report(what: str, done: int, total: int) -> None:
        if not progress.console.is_terminal:
            return
        if not tasks:
            progress.start()
        if what not in tasks:
            tasks[what] = progress.add_task(what, total=total)
        progress.update(tasks[what], completed=done)  # type: ignore[arg-type]

    try:
        yield report
    finally:
        if tasks:
            progress.stop()
