"""The page that teaches the notation says what is true: its gestures are right, its pictures are there and show somebody."""
import re
from pathlib import Path

import pytest
from PIL import Image

from chironomia.agent import authoring_pictures
from chironomia.agent.author import check
from chironomia.agent.authoring_pictures import draw_page, gestures_of

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "authoring.md").read_text(encoding="utf-8")
WRITTEN = re.findall(r"```yaml\n(id: .*?)```", PAGE, re.DOTALL)


def test_the_gestures_of_the_page_have_no_fault_and_show_what_they_say(tmp_path: Path) -> None:
    for text in WRITTEN:
        (tmp_path / f"{text.split()[1]}.yaml").write_text(text, encoding="utf-8")
    reports = list(check([tmp_path], lambda *step: None))
    assert len(reports) == 2
    assert not any(report.faulty for report in reports), [report.lines for report in reports]


def test_what_the_page_says_of_the_first_try_is_what_the_check_says(tmp_path: Path) -> None:
    first_try = tmp_path / "narrow-down.yaml"
    first_try.write_text(WRITTEN[0].replace("  relation: together\n", ""), encoding="utf-8")
    (report,) = check([first_try], lambda *step: None)
    said = [re.sub(r"-?\d+\.\d+", "N", line) for line in report.lines[1:]]
    assert report.faulty
    assert all(line in re.sub(r"-?\d+\.\d+", "N", PAGE) for line in said), said


def test_every_picture_of_the_page_is_there_and_small() -> None:
    names = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", PAGE)
    assert len(names) >= 7
    for name in names:
        assert 5_000 < (DOCS / name).stat().st_size < 200_000


def test_pictures_are_drawn_from_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authoring_pictures, "_charts", lambda mannequin: iter(()))
    (tmp_path / "authoring.md").write_text("text\n```yaml\n" + WRITTEN[1] + "```\n", encoding="utf-8")
    made = draw_page(tmp_path)
    assert [p.name for p in made] == ["authoring-new-gesture.png", f"authoring-{gestures_of(PAGE)[1].id}.png"]
    with Image.open(made[1]) as image:
        assert image.convert("L").getextrema()[0] < 90
