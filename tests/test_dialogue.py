"""What a dialogue file may say, and what its errors say."""
from pathlib import Path

import pytest

from chironomia.agent.dialogue import Dialogue, read_dialogue, with_things

TOLD = """\
previous:
  - {speaker: Ana, text: What is that?}
addressee: Ana
addressee_at: [0.5, 1.3, 2.0]
things:
  screen: [1.0, 1.4, 0.5]
  chart: screen
  door: {at: [-2, 1, 1], names: [exit, way out]}
"""


def written(text: str, folder: Path) -> Path:
    path = folder / "context.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_tells_turns_addressee_and_things_under_all_their_names(tmp_path: Path) -> None:
    told = read_dialogue(written(TOLD, tmp_path))
    assert told.previous[0].text == "What is that?"
    assert told.things["screen"].at == (1.0, 1.4, 0.5)
    assert told.things["screen"].names == ("chart",)
    assert told.things["door"].names == ("exit", "way out")
    assert (told.addressee, told.addressee_at) == ("Ana", (0.5, 1.3, 2.0))


def test_json_is_read_as_well(tmp_path: Path) -> None:
    assert read_dialogue(written('{"things": {"screen": [1.0, 1.4, 0.5]}}', tmp_path)).things["screen"].at == (1.0, 1.4, 0.5)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("things:\n  screen: [1.0, 1.4]\n", 2, "things.screen.at.2: is missing"),
        ("things:\n  screen: [1.0, up, 3]\n", 2, "things.screen.at.1: input should be a valid number"),
        ("things:\n  door: [1, 1, 1]\n  screen: wall\n", 3, "expected a place .* or the name of another thing here, got 'wall'"),
        ("things:\n  a: b\n  b: a\n", 2, "things.a: expected a place"),
        ("things:\n  door: [0, 1, 0]\n", 2, "expected a target outside the body"),
        ("things:\n  door: {a: [1, 1, 1]}\n", 2, "is not a key here; allowed: at, names"),
        ("things:\n  door: [1, 1, 1]\n  gate: {at: [1, 1, 2], names: [the Door]}\n", 1, "door stands for two"),
        ("thing: {}\n", 1, "did you mean things?"),
        ("addressee: Ana\nprevious: [{speaker: Ana}]\n", 2, "previous.0.text: is missing"),
        ("things: [\n", 1, "not YAML"),
        ("", 1, "expected a dialogue"),
    ],
)
def test_every_fault_names_its_line(text: str, line: int, what: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=what) as caught:
        read_dialogue(written(text, tmp_path))
    assert str(caught.value).startswith(f"{tmp_path / 'context.yaml'}:{line}: ")


def test_things_are_told_on_the_command_line_as_well(tmp_path: Path) -> None:
    told = with_things(read_dialogue(written(TOLD, tmp_path)), ["window=-1,1.5,2", "screen=2,1,1"])
    assert told.things["window"].at == (-1.0, 1.5, 2.0)
    assert told.things["screen"].at == (2.0, 1.0, 1.0)
    assert told.addressee == "Ana"


@pytest.mark.parametrize("thing", ["screen", "=1,2,3", "screen=1,2", "screen=a,b,c", "screen=0,1,0", "screen=nan,1,1"])
def test_a_thing_that_is_none_is_refused_in_one_line(thing: str) -> None:
    with pytest.raises(ValueError, match="NAME=LEFT,UP,FORWARD in metres, such as screen=") as caught:
        with_things(Dialogue(), [thing])
    assert "\n" not in str(caught.value)
