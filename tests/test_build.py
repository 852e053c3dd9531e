"""Building libraries from notations, and the cache of the bundled one."""
import logging
from pathlib import Path

import pytest
import torch

from chironomia.motion_library import build
from chironomia.motion_library.build import build_library, bundled_gestures, compiler_sources, content_hash, default_library
from chironomia.motion_library.retrieve import search
from chironomia.motion_library.store import load_library


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def two_gestures(tmp_path: Path) -> Path:
    folder = tmp_path / "gestures"
    folder.mkdir()
    for name in ("wave", "shrug"):
        (folder / f"{name}.yaml").write_bytes((bundled_gestures() / f"{name}.yaml").read_bytes())
    return folder


def test_the_bundled_library_is_built_once_and_then_loaded(cache: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    built = default_library(lambda *step: seen.append(step), cache_dir=cache)
    assert {what for what, _, _ in seen} == {"compiling gestures"}
    assert seen[-1][1] == seen[-1][2] == len(built.gestures)
    seen.clear()
    loaded = default_library(lambda *step: seen.append(step), cache_dir=cache)
    assert not seen, "the second time nothing is compiled"
    assert (loaded.content, len(loaded.gestures)) == (built.content, len(built.gestures))
    assert search(loaded, "hello everybody")[0].score == search(built, "hello everybody")[0].score


def test_a_damaged_cache_is_built_again_and_the_log_says_so(
    two_gestures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(build, "bundled_gestures", lambda: two_gestures)
    cache = tmp_path / "cache"
    built = default_library(cache_dir=cache)
    (folder,) = cache.glob("library-*")
    (folder / "embeddings.npy").write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        again = default_library(cache_dir=cache)
    assert "building the gesture library again" in caplog.text
    assert again.content == built.content


def test_a_cache_that_cannot_be_written_is_done_without(
    two_gestures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(build, "bundled_gestures", lambda: two_gestures)
    (tmp_path / "file").write_text("not a folder")
    with caplog.at_level(logging.WARNING):
        library = default_library(cache_dir=tmp_path / "file")
    assert len(library.gestures) == 2
    assert "could not be kept" in caplog.text


def test_building_twice_gives_the_same_bytes(two_gestures: Path, tmp_path: Path) -> None:
    build_library(two_gestures, tmp_path / "a")
    build_library(two_gestures, tmp_path / "b")
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
    clip = load_library(tmp_path / "a").gesture("wave").clips[0]
    assert torch.isfinite(clip.motion.rotations).all()


def test_the_content_hash_follows_the_notations(two_gestures: Path) -> None:
    before = content_hash(two_gestures)
    text = (two_gestures / "wave.yaml").read_text()
    (two_gestures / "wave.yaml").write_text(text + "\n# a remark\n")
    assert content_hash(two_gestures) != before
    (two_gestures / "wave.yaml").write_text(text)
    assert content_hash(two_gestures) == before


def test_the_content_hash_covers_the_whole_compiler_and_nothing_that_only_searches() -> None:
    names = {path.stem for path in compiler_sources()}
    assert {"compile", "notation", "ik", "handshapes", "skeleton", "rotations", "motion", "sync", "vocabulary"} <= names
    assert not {"retrieve", "index", "embed", "store", "build"} & names


def test_a_folder_without_gestures_or_with_a_bad_one_is_an_error_that_names_it(two_gestures: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="found none"):
        build_library(tmp_path / "empty")
    (two_gestures / "odd.yaml").write_text("id: odd\n")
    with pytest.raises(ValueError, match=r"odd\.yaml"):
        build_library(two_gestures)
