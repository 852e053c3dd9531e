"""The verbs of ``chironomia library``. Nothing heavy is imported before a verb needs it."""
import argparse
import json
import sys
from pathlib import Path
from typing import Any

from chironomia.agent import options
from chironomia.agent.options import Run

LONGEST_QUERY = 2000  # letters; a longer line is a file of another kind, and the embedder would not read on


def add_verbs(parser: argparse.ArgumentParser) -> None:
    """Give the ``library`` command its verbs."""
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    def verb(name: str, help: str, run: Run, example: str) -> argparse.ArgumentParser:
        return options.command(verbs, name, help, run, f"chironomia library {example}")

    sub = verb("build", "compile gesture notations into a library on disk", _build, "build --gestures my-gestures -o my-library")
    sub.add_argument("--gestures", metavar="DIR", help="folder of gesture YAML (default: the bundled gestures)")
    sub.add_argument("-o", "--out", metavar="LIB", help="folder of the library (default: the cache)")
    what = "a FAISS factory string, such as HNSW32 or IVF1024,PQ192x4fs (default: Flat, which is exact)"
    sub.add_argument("--index", default="Flat", metavar="FACTORY", help=what)
    what = "its search parameters, such as efSearch=256 or nprobe=64,refine=10 (default: by its size)"
    sub.add_argument("--tuning", default="", metavar="PARAMS", help=what)

    sub = verb("list", "all gestures, a line each", _list, "list")
    sub.add_argument("--json", action="store_true", help="print JSON")
    options.add_library(sub)

    sub = verb("show", "all that the library knows of a gesture", _show, "show shrug")
    sub.add_argument("id", metavar="ID")
    sub.add_argument("--json", action="store_true", help="print JSON")
    options.add_library(sub)

    sub = verb("search", "the clips that would show a text, best first", _search,
               'search "everything together" -k 5 --hands both\n  chironomia library search --queries lines.txt -k 3 --json > found.jsonl\n'
               '  echo "It grew and grew." | chironomia library search --queries - --function METAPHORIC')  # fmt: skip
    sub.add_argument("text", nargs="?", metavar="TEXT")
    sub.add_argument("--queries", metavar="F", help="a file with a query a line (- is standard input)")
    sub.add_argument("-k", type=int, default=10, metavar="K", help="how many (default 10)")
    sub.add_argument("--json", action="store_true", help="print JSON, a list a line; an empty query gives an empty list")
    sub.add_argument("--function", metavar="NAME", help="only gestures of this function, such as EMBLEM")
    sub.add_argument("--schema", metavar="NAME", help="only gestures that show this image schema, such as CONTAINER")
    sub.add_argument("--hands", metavar="WHICH", help="only clips of these hands: left, right, both or none")
    sub.add_argument("--license", metavar="TEXT", help="only clips whose licence contains this")
    sub.add_argument("--source", metavar="TEXT", help="only clips whose source contains this")
    options.add_library(sub)

    what = "add motion of your own (BVH, glTF, AMASS or BEAT2 .npz) to a library"
    sub = verb("import", what, _import, "import clips/ --metadata clips/META.jsonl -o my-library")
    sub.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders of them")
    sub.add_argument("--metadata", required=True, metavar="META.jsonl", help='a line a clip: {"file": …, "gesture": …}; see docs/import.md')
    sub.add_argument("-o", "--out", required=True, metavar="LIB", help="folder of the library; gestures that are there already stay")

    what = "write every clip of a library as BVH, with the META.jsonl that import reads"
    sub = verb("export", what, _export, "export my-library -o my-clips")
    sub.add_argument("library", nargs="?", metavar="LIB", help="folder of the library (default: the bundled gestures)")
    sub.add_argument("-o", "--out", required=True, metavar="DIR", help="a new or empty folder")

    what = "write a site to look through: every gesture with film strip, 3D preview, meanings, licence"
    sub = verb("catalogue", what, _catalogue, "catalogue -o site")
    options.add_library(sub)
    sub.add_argument("-o", "--out", required=True, metavar="DIR", help="folder of the site; open its index.html, no server is needed")

    sub = verb("new", "write a commented gesture to begin with", _new, "new open-box")
    sub.add_argument("id", metavar="ID", help="its name: lower-case words joined by hyphens")
    sub.add_argument("-o", "--out", metavar="FILE", help="the file, or its folder (default: ID.yaml here)")

    what = "find every fault of gesture files, and measure whether they show their image schemas"
    sub = verb("check", what, _check, "check open-box.yaml")
    sub.add_argument("paths", nargs="*", metavar="PATH", help="gesture files or folders (default: the bundled gestures)")


def _build(arguments: argparse.Namespace) -> None:
    from chironomia.agent.progress import building
    from chironomia.motion_library.build import build_library

    with building() as report:
        library = build_library(
            Path(arguments.gestures) if arguments.gestures else None, Path(arguments.out) if arguments.out else None,
            factory=arguments.index, tuning=arguments.tuning, progress=report,
        )  # fmt: skip
    print(f"{len(library.gestures)} gestures, {sum(len(g.clips) for g in library.gestures)} clips, content {library.content}")


def _list(arguments: argparse.Namespace) -> None:
    library = options.open_library(arguments)
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
        "articulators": gesture.articulators, "formality": gesture.formality, "culture": [note.as_json() for note in gesture.culture],
        "clips": [c.id for c in gesture.clips],
    }  # fmt: skip


def _show(arguments: argparse.Namespace) -> None:
    facts = _facts(options.open_library(arguments).gesture(arguments.id))
    if arguments.json:
        print(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    for name, value in facts.items():
        print(f"{name}: {'; '.join(map(_said, value)) if isinstance(value, tuple | list) else value}")


def _said(value: Any) -> str:
    """A value in a list: a text as it is, a note on culture as 'offends in BR: obscene'."""
    if not isinstance(value, dict):
        return str(value)
    kind = next(key for key in value if key not in ("where", "hand"))
    hand = f" with the {value['hand']} hand" if "hand" in value else ""
    return f"{kind}{hand} in {', '.join(value['where'])}: {value[kind]}"


def _import(arguments: argparse.Namespace) -> None:
    from chironomia.agent.own_motion import import_motion

    import_motion([Path(path) for path in arguments.paths], Path(arguments.metadata), Path(arguments.out))


def _export(arguments: argparse.Namespace) -> None:
    from chironomia.agent.own_motion import export_motion

    export_motion(arguments.library, Path(arguments.out))


def _search(arguments: argparse.Namespace) -> None:
    if (arguments.text is None) == (arguments.queries is None):
        raise ValueError('expected either a TEXT or --queries F; for example: chironomia library search "everything together"')
    from chironomia.agent.ask import Filters, ask_each
    from chironomia.agent.progress import building

    filters = Filters.named(arguments.function, arguments.schema, arguments.hands, arguments.license, arguments.source)
    queries = [arguments.text] if arguments.queries is None else _queries(arguments.queries)
    if arguments.queries is None and not arguments.text.strip():
        raise ValueError("expected a text to search for, got an empty one; say in a few words what the gesture should show")
    library = options.open_library(arguments)
    with building() as report:
        for query, candidates in ask_each(library, queries, arguments.k, filters, report):
            if arguments.json:
                rows = [{"gesture": c.gesture.id, "clip": c.clip.id, "score": c.score, "reasons": list(c.reasons)} for c in candidates]
                print(json.dumps(rows, ensure_ascii=False))
                continue
            if arguments.queries is not None:
                print(f"{query}:")
            for c in candidates:
                print(f"{c.score:.3f}  {c.gesture.id:28} {c.clip.id:36} {'; '.join(c.reasons)}")


def _queries(name: str) -> list[str]:
    """The lines of a file, or of standard input for ``-``. ValueError that names a line which is no text."""
    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    lines = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        try:
            lines.append(line.decode())
        except UnicodeDecodeError as error:
            raise ValueError(f"expected UTF-8 text in {name}, line {number}, but byte {error.start} is not; save it as UTF-8") from error
        if "\0" in lines[-1] or len(lines[-1]) > LONGEST_QUERY:
            raise ValueError(f"expected a sentence of at most {LONGEST_QUERY} letters in {name}, line {number}, got something else")
    if not any(line.strip() for line in lines):
        raise ValueError(f"expected a query a line in {name}, found none")
    return lines


def _catalogue(arguments: argparse.Namespace) -> None:
    library = options.open_library(arguments)
    from chironomia.agent.progress import building
    from chironomia.motion_library.catalogue import write_catalogue

    with building() as report:
        page = write_catalogue(library, Path(arguments.out), report)
    print(f"{len(library.gestures)} gestures; open {page}")


def _new(arguments: argparse.Namespace) -> None:
    from chironomia.agent.author import new_gesture

    path, schema = new_gesture(arguments.id, Path(arguments.out) if arguments.out else None)
    print(f"wrote {path} (and {schema.name}, by which editors complete and check it); look at it with:")
    print(f"  chironomia render --gesture {path} -o {path.stem}.png")


def _check(arguments: argparse.Namespace) -> int:
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
