"""What several commands have in common: their options, and how these are read."""
import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chironomia.motion_library.library import Library

Run = Callable[[argparse.Namespace], int | None]


def command(commands: Any, name: str, help: str, run: Run, example: str) -> argparse.ArgumentParser:
    """A command with its help and an example; ``commands`` is what ``add_subparsers`` returned."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=help, epilog=f"example:\n  {example}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(run=run)
    return parser


def add_text(parser: argparse.ArgumentParser) -> None:
    """TEXT or --file F."""
    parser.add_argument("text", nargs="?", metavar="TEXT")
    parser.add_argument("--file", metavar="F", help="read the text from a file instead")


def add_library(parser: argparse.ArgumentParser) -> None:
    """--library DIR."""
    parser.add_argument("--library", metavar="DIR", help="a library folder (default: the bundled gestures, compiled at first use)")


def positive(text: str) -> float:
    """The type of an option that must be a positive number."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return value


def text(arguments: argparse.Namespace) -> str:
    """The text that was given in either way. ValueError for both or none."""
    if (arguments.text is None) == (arguments.file is None):
        raise ValueError('expected either a TEXT or --file F; for example: chironomia perform "Hello there." -o out')
    return str(arguments.text) if arguments.text is not None else read_text(Path(arguments.file))


def read_text(path: Path) -> str:
    """A file's text. ValueError if it is not UTF-8."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"expected UTF-8 text in {path}, but byte {error.start} is not; save it as UTF-8 text") from error


def open_library(arguments: argparse.Namespace) -> "Library":
    """The library that was asked for, with a progress bar while it is compiled."""
    from chironomia.agent.pipeline import open_library
    from chironomia.agent.progress import building

    with building() as report:
        return open_library(arguments.library, report)
