"""The command line. Nothing heavy is imported before a command needs it."""
import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chironomia.agent.pipeline import Performance
    from chironomia.motion_library.library import Library

EXAMPLES = """examples:
  chironomia perform "Prices went up, and up, and then they fell." -o out
  chironomia perform --file talk.txt --audio talk.wav -o out
  chironomia perform --file talk.txt --words words.json --seed 3 --rate 8 -o out
  chironomia render out/score.json -o strip.png
  chironomia render --gesture hold-container -o container.png
  chironomia plan "On the one hand it is cheap, on the other it is slow." --json
  chironomia library search "everything together" -k 5 --json
  chironomia library catalogue -o site
  chironomia library new open-box && chironomia library check open-box.yaml
  chironomia replay out/score.json -o out2
  chironomia doctor

In a transcript, <gesture schema="UP">…</gesture>, <gesture id="shrug"/> and <gesture none="true">…</gesture> direct the hands."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit code 0: done; 1: found problems it was asked to look for; 2: bad input, said in one line."""
    arguments = _parser().parse_args(argv)
    # Poses and sentences are too small to share between threads: a second one only waits (see motion_library/threads.py).
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        return int(arguments.run(arguments) or 0)
    except BrokenPipeError:  # whoever read our output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, ModuleNotFoundError) as error:
        print(f"chironomia: {_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("chironomia: stopped; nothing half-written is left", file=sys.stderr)
        return 130


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f" {error.filename}" if error.filename else ""
        what = "check the path" if isinstance(error, FileNotFoundError) else "check that the place is writable and the disk has room"
        return f"cannot use{where}: {error.strerror.lower()}; {what}"
    return "; ".join(" ".join(line.split()) for line in str(error).splitlines() if line.strip())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chironomia",
        description="Turn what an agent says into how its body says it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, help: str, run: Callable[[argparse.Namespace], int | None], example: str) -> argparse.ArgumentParser:
        epilog = f"example:\n  chironomia {example}"
        raw = argparse.RawDescriptionHelpFormatter
        sub = commands.add_parser(name, help=help, description=help, epilog=epilog, formatter_class=raw)
        sub.set_defaults(run=run)
        return sub

    sub = command("perform", "perform a text: plan, score, motion and a viewer page", _perform, 'perform "It grew, and grew." -o out')
    _add_text(sub)
    sub.add_argument("--audio", metavar="A.wav", help="the recording of the text; its words are found by forced alignment")
    sub.add_argument("--words", metavar="W.json", help="word times: a list of {word, start, end} in seconds or in an engine's own format")
    sub.add_argument("--seed", type=int, default=0, metavar="N", help="of everything that varies by chance (default 0)")
    sub.add_argument("--rate", type=_positive, metavar="CALLS", help="semantic gestures a minute at most, and beats too")
    _add_library(sub)
    sub.add_argument("--plan", metavar="P.json", help="perform this plan (plan.json, or a language model's answer) instead of planning")
    sub.add_argument("--device", default="cpu", help="torch device of the motion stages (default cpu)")
    sub.add_argument("-o", "--out", required=True, metavar="OUT", help="folder for plan.json, score.json, motion.*, viewer.html, run.json")

    sub = command("render", "draw a film strip (PNG) or a video (MP4)", _render, "render out/score.json -o strip.png")
    sub.add_argument("source", nargs="?", metavar="SOURCE", help="score.json, or a motion as .npz or .bvh")
    sub.add_argument("--gesture", metavar="ID", help="draw this gesture of the library, or of a FILE.yaml, at its sync points")
    sub.add_argument("--clip", metavar="ID", help="with --gesture: this clip instead of the first")
    sub.add_argument("--moments", type=int, default=8, metavar="N", help="pictures in a strip of a performance (default 8)")
    sub.add_argument("--audio", metavar="A.wav", help="sound of the video")
    _add_library(sub)
    sub.add_argument("-o", "--out", required=True, metavar="X.png|X.mp4")

    sub = command("plan", "say which gestures a text asks for, and where", _plan, 'plan "Prices fell." --json')
    _add_text(sub)
    sub.add_argument("--per-line", action="store_true", help="every line of the file is a text of its own; one JSON line each")
    sub.add_argument("--rate", type=_positive, metavar="CALLS", help="semantic gestures a minute at most")
    sub.add_argument("--seed", type=int, default=0, metavar="N")
    sub.add_argument("--json", action="store_true", help="print JSON")
    sub.add_argument("--prompt", action="store_true", help="print what to ask a language model instead; perform --plan reads its answer")
    _add_library(sub)

    sub = command("replay", "render an edited score without the planner", _replay, "replay out/score.json -o out2")
    sub.add_argument("score", metavar="score.json")
    sub.add_argument("--audio", metavar="A.wav", help="recording to put into the viewer")
    sub.add_argument("--device", default="cpu", help="torch device of the motion stages (default cpu)")
    _add_library(sub)
    sub.add_argument("-o", "--out", required=True, metavar="OUT")

    sub = command("doctor", "say what is installed, which device is used, what is missing and how to get it", _doctor, "doctor")

    library = commands.add_parser("library", help="build, search, browse and check the gesture library", description="The gesture library.")
    verbs = library.add_subparsers(title="verbs", required=True, metavar="VERB")
    sub = verbs.add_parser("build", help="compile gesture notations into a library on disk")
    sub.add_argument("--gestures", metavar="DIR", help="folder of gesture YAML (default: the bundled gestures)")
    sub.add_argument("-o", "--out", metavar="LIB", help="folder of the library (default: the cache)")
    sub.set_defaults(run=_library_build)
    sub = verbs.add_parser("list", help="all gestures, a line each")
    sub.add_argument("--json", action="store_true", help="print JSON")
    _add_library(sub)
    sub.set_defaults(run=_library_list)
    sub = verbs.add_parser("show", help="all that the library knows of a gesture")
    sub.add_argument("id", metavar="ID")
    sub.add_argument("--json", action="store_true", help="print JSON")
    _add_library(sub)
    sub.set_defaults(run=_library_show)
    sub = verbs.add_parser("search", help="the clips that would show a text, best first")
    sub.add_argument("text", nargs="?", metavar="TEXT")
    sub.add_argument("--queries", metavar="F", help="a file with a query a line; one JSON list a line")
    sub.add_argument("-k", type=int, default=10, metavar="K", help="how many (default 10)")
    sub.add_argument("--json", action="store_true", help="print JSON")
    _add_library(sub)
    sub.set_defaults(run=_library_search)
    sub = verbs.add_parser("import", help="add motion of your own (BVH, glTF, AMASS or BEAT2 .npz) to a library")
    sub.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders of them")
    sub.add_argument("--metadata", required=True, metavar="META.jsonl", help='a line a clip: {"file": …, "gesture": …}; see docs/import.md')
    sub.add_argument("-o", "--out", required=True, metavar="LIB", help="folder of the library; gestures that are there already stay")
    sub.set_defaults(run=_library_import)
    sub = verbs.add_parser("export", help="write every clip of a library as BVH, with the META.jsonl that import reads")
    sub.add_argument("library", metavar="LIB")
    sub.add_argument("-o", "--out", required=True, metavar="DIR", help="a new or empty folder")
    sub.set_defaults(run=_library_export)
    sub = verbs.add_parser("catalogue", help="write a site to look through: every gesture with film strip, loop, meanings, licence")
    _add_library(sub)
    sub.add_argument("-o", "--out", required=True, metavar="DIR", help="folder of the site; open its index.html, no server is needed")
    sub.set_defaults(run=_library_catalogue)
    sub = verbs.add_parser("new", help="write a commented gesture to begin with")
    sub.add_argument("id", metavar="ID", help="its name: lower-case words joined by hyphens")
    sub.add_argument("-o", "--out", metavar="FILE", help="the file, or its folder (default: ID.yaml here)")
    sub.set_defaults(run=_library_new)
    sub = verbs.add_parser("check", help="find every fault of gesture files, and measure whether they show their image schemas")
    sub.add_argument("paths", nargs="*", metavar="PATH", help="gesture files or folders (default: the bundled gestures)")
    sub.set_defaults(run=_library_check)
    return parser


def _add_text(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="?", metavar="TEXT")
    parser.add_argument("--file", metavar="F", help="read the text from a file instead")


def _add_library(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--library", metavar="DIR", help="a library folder (default: the bundled gestures, compiled at first use)")


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return value


def _text(arguments: argparse.Namespace) -> str:
    if (arguments.text is None) == (arguments.file is None):
        raise ValueError('expected either a TEXT or --file F; for example: chironomia perform "Hello there." -o out')
    return arguments.text if arguments.text is not None else _read_text(Path(arguments.file))


def _read_text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"expected UTF-8 text in {path}, but byte {error.start} is not; save it as UTF-8 text") from error


def _open_library(arguments: argparse.Namespace) -> "Library":
    from chironomia.agent.pipeline import open_library
    from chironomia.agent.progress import building

    with building() as report:
        return open_library(arguments.library, report)


def _perform(arguments: argparse.Namespace) -> None:
    text = _text(arguments)
    from chironomia.agent.pipeline import perform
    from chironomia.agent.progress import stages

    library = _open_library(arguments)
    with stages() as report:
        performance = perform(
            text, audio=arguments.audio, words=arguments.words, seed=arguments.seed, rate=arguments.rate,
            plan=arguments.plan, library=library, device=arguments.device, report=report,
        )  # fmt: skip
        report("files")
        out = performance.save(arguments.out)
    _summary(performance, out)


def _summary(performance: "Performance", out: Path) -> None:
    placed, total = len(performance.score.placements), len(performance.outcomes)
    what = f"{placed} of {total} calls placed (run.json says why)" if total else f"{placed} gestures"
    print(f"{performance.score.duration:.1f} s, {what}; open {out / 'viewer.html'}")


def _replay(arguments: argparse.Namespace) -> None:
    from chironomia.agent.pipeline import replay
    from chironomia.agent.progress import stages
    from chironomia.agent.read import read_score

    score = read_score(Path(arguments.score))
    library = _open_library(arguments)
    with stages() as report:
        performance = replay(score, library=library, audio=arguments.audio, device=arguments.device, report=report)
        report("files")
        out = performance.save(arguments.out)
    _summary(performance, out)


def _render(arguments: argparse.Namespace) -> None:
    if (arguments.source is None) == (arguments.gesture is None):
        raise ValueError("expected either a SOURCE (score.json, .npz, .bvh) or --gesture ID")
    out = Path(arguments.out)
    if arguments.gesture is not None and Path(arguments.gesture).suffix in (".yaml", ".yml"):
        _render_file(Path(arguments.gesture), arguments.clip, out)
        return
    from chironomia.agent.pictures import picture_of_gesture, picture_of_source

    library = _open_library(arguments)
    if arguments.gesture is not None:
        picture_of_gesture(library, arguments.gesture, arguments.clip, out)
    else:
        picture_of_source(library, Path(arguments.source), out, arguments.moments, Path(arguments.audio) if arguments.audio else None)
    print(f"wrote {out}")


def _render_file(path: Path, clip: str | None, out: Path) -> None:
    """Draw the gesture of a file without opening a library: whoever is writing it wants to see it now."""
    from chironomia.agent.author import clip_of_file
    from chironomia.agent.pictures import picture_of_clip

    picture_of_clip(*clip_of_file(path, clip), out)
    print(f"wrote {out}")


def _plan(arguments: argparse.Namespace) -> None:
    text = _text(arguments)
    from chironomia.agent.planner import plan
    from chironomia.agent.prompted import plan_prompt
    from chironomia.agent.transcript import transcribe

    if arguments.prompt:
        print(plan_prompt(transcribe(text), arguments.rate).text)
        return
    library = _open_library(arguments)
    for line in text.splitlines() if arguments.per_line else [text]:
        utterance = transcribe(line) if line.strip() else None
        made = plan(utterance, library, rate_per_min=arguments.rate, seed=arguments.seed) if utterance else None
        calls = [call.model_dump(mode="json", by_alias=True) for call in made.calls] if made else []
        if arguments.json and (arguments.per_line or made is None):
            print(json.dumps({"text": line, "calls": calls}, ensure_ascii=False))
        elif arguments.json and made is not None:
            print(json.dumps(made.model_dump(mode="json", by_alias=True), indent=1, ensure_ascii=False))
        else:
            _print_calls(line, [w.text for w in utterance.words] if utterance else [], calls)


def _print_calls(text: str, words: list[str], calls: list[dict[str, Any]]) -> None:
    if not calls:
        print(f"no gesture: {text.strip()}")
    for call in calls:
        span = " ".join(words[slice(*call["words"])])
        schema = f" {call['schema']}" if call["schema"] else ""
        where = f"on '{words[call['anchor']]}' in '{span}'"
        print(f"{call['confidence']:.2f}  {call['function'].lower()}{schema} {where}: {call['show']} ({call['why']})")


def _doctor(arguments: argparse.Namespace) -> int:
    from chironomia.agent.doctor import report

    lines, healthy = report()
    print("\n".join(lines))
    return 0 if healthy else 1


def _library_build(arguments: argparse.Namespace) -> None:
    from chironomia.agent.progress import building
    from chironomia.motion_library.build import build_library

    with building() as report:
        library = build_library(
            Path(arguments.gestures) if arguments.gestures else None, Path(arguments.out) if arguments.out else None, progress=report
        )
    print(f"{len(library.gestures)} gestures, {sum(len(g.clips) for g in library.gestures)} clips, content {library.content}")


def _library_list(arguments: argparse.Namespace) -> None:
    library = _open_library(arguments)
    if arguments.json:
        print(json.dumps([_facts(g) for g in library.gestures], ensure_ascii=False))
        return
    for gesture in library.gestures:
        schemas = ",".join(gesture.schemas) or "-"
        print(f"{gesture.id:28} {gesture.function.lower():10} {schemas:24} {len(gesture.clips):2} clips  {gesture.description}")


def _facts(gesture: Any) -> dict[str, Any]:
    return {
        "id": gesture.id, "description": gesture.description, "meanings": gesture.meanings, "fits": gesture.fits, "wrong": gesture.wrong,
        "function": gesture.function, "schemas": gesture.schemas, "hands": gesture.hands, "notes": gesture.notes,
        "clips": [c.id for c in gesture.clips],
    }  # fmt: skip


def _library_show(arguments: argparse.Namespace) -> None:
    facts = _facts(_open_library(arguments).gesture(arguments.id))
    if arguments.json:
        print(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    for name, value in facts.items():
        print(f"{name}: {'; '.join(value) if isinstance(value, tuple | list) else value}")


def _library_import(arguments: argparse.Namespace) -> None:
    from chironomia.agent.own_motion import import_motion

    import_motion([Path(path) for path in arguments.paths], Path(arguments.metadata), Path(arguments.out))


def _library_export(arguments: argparse.Namespace) -> None:
    from chironomia.agent.own_motion import export_motion

    export_motion(Path(arguments.library), Path(arguments.out))


def _library_search(arguments: argparse.Namespace) -> None:
    if (arguments.text is None) == (arguments.queries is None):
        raise ValueError('expected either a TEXT or --queries F; for example: chironomia library search "everything together"')
    queries = [arguments.text] if arguments.text is not None else _read_text(Path(arguments.queries)).splitlines()
    from chironomia.agent.ask import ask

    library = _open_library(arguments)
    asked = [q for q in queries if q.strip()] if arguments.queries else queries
    found = iter(ask(library, asked, arguments.k))
    for query in queries:
        candidates = next(found) if query in asked else []
        if arguments.json:
            rows = [{"gesture": c.gesture.id, "clip": c.clip.id, "score": c.score, "reasons": list(c.reasons)} for c in candidates]
            print(json.dumps(rows, ensure_ascii=False))
        else:
            print(f"{query}:" if arguments.queries else "", end="\n" if arguments.queries else "")
            for c in candidates:
                print(f"{c.score:.3f}  {c.gesture.id:28} {c.clip.id:36} {'; '.join(c.reasons)}")


def _library_catalogue(arguments: argparse.Namespace) -> None:
    library = _open_library(arguments)
    from chironomia.agent.progress import building
    from chironomia.motion_library.catalogue import write_catalogue

    with building() as report:
        page = write_catalogue(library, Path(arguments.out), report)
    print(f"{len(library.gestures)} gestures; open {page}")


def _library_new(arguments: argparse.Namespace) -> None:
    from chironomia.agent.author import new_gesture

    path, schema = new_gesture(arguments.id, Path(arguments.out) if arguments.out else None)
    print(f"wrote {path} (and {schema.name}, by which editors complete and check it); look at it with:")
    print(f"  chironomia render --gesture {path} -o {path.stem}.png")


def _library_check(arguments: argparse.Namespace) -> int:
    from chironomia.agent.author import check
    from chironomia.agent.progress import building
    from chironomia.motion_library.build import bundled_gestures

    total = faulty = 0
    with building() as progress:
        for report in check([Path(p) for p in arguments.paths] or [bundled_gestures()], progress):
            print("\n".join(report.lines))
            total, faulty = total + 1, faulty + report.faulty
    print(f"{total} checked, {faulty} with faults")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
