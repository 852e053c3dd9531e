"""What several commands have in common: their options, and how these are read."""
import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chironomia.agent.dialogue import Dialogue
    from chironomia.agent.language_model import LanguageModel
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


def add_language_model(parser: argparse.ArgumentParser) -> None:
    """--llm, --model, --llm-timeout and --tools."""
    parser.add_argument(
        "--llm", metavar="WHICH", help="let a language model plan: the URL of an OpenAI-compatible server, vllm:MODEL, or replay:RUN_FOLDER"
    )
    parser.add_argument("--model", metavar="NAME", help="with --llm URL: which of the server's models (default: its only one)")
    parser.add_argument(
        "--llm-timeout", type=positive, default=60.0, metavar="S", help="seconds to wait for one answer of the language model (default 60)"
    )
    parser.add_argument("--tools", action="store_true", help="with --llm: let the model search the library and check its draft; slower")


def language_model(arguments: argparse.Namespace) -> "LanguageModel | None":
    """The language model that was asked for, if any. ValueError for --model without --llm and for what names no model."""
    if arguments.llm is None:
        if arguments.model is not None:
            raise ValueError("--model says which model of a server plans; give the server with --llm URL")
        if arguments.tools:
            raise ValueError("--tools are for a language model; say which plans with --llm")
        return None
    from chironomia.agent.language_model import make_model

    return make_model(arguments.llm, name=arguments.model, timeout_s=arguments.llm_timeout)


def add_context(parser: argparse.ArgumentParser) -> None:
    """--context FILE and --thing NAME=X,Y,Z."""
    parser.add_argument("--context", metavar="FILE", help="YAML or JSON: previous turns, who is addressed, things with their places")
    parser.add_argument(
        "--thing", action="append", default=[], metavar="NAME=X,Y,Z",
        help="something to point at, metres left, up and ahead, as screen=1.0,1.4,0.5; may be given again",
    )  # fmt: skip


def add_listen(parser: argparse.ArgumentParser) -> None:
    """--listen."""
    parser.add_argument("--listen", action="store_true", help="the text is another's turn: the body listens, with nods and hands at rest")


def dialogue(arguments: argparse.Namespace) -> "Dialogue":
    """The situation that --context and --thing tell of."""
    from chironomia.agent.dialogue import Dialogue, read_dialogue, with_things

    told = read_dialogue(Path(arguments.context)) if arguments.context else Dialogue()
    return with_things(told, arguments.thing)


def positive(text: str) -> float:
    """The type of an option that must be a positive number."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return value


def add_direction(parser: argparse.ArgumentParser) -> None:
    """--persona, --direct, --locale, --rate: how the speaker gestures."""
    parser.add_argument("--persona", metavar="NAME|FILE", help="who gestures: a bundled persona (see: chironomia personas) or a YAML file")
    parser.add_argument("--direct", default="", metavar="WORDS", help='how, in words: "hesitant, small, mostly left hand, no pointing"')
    parser.add_argument("--locale", default="", metavar="PLACE", help="where the listener lives (BR, pt-BR): what offends is replaced")
    parser.add_argument("--rate", type=float, metavar="CALLS", help="semantic gestures a minute at most, and beats too; 0 keeps still")


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
