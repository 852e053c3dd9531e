"""Words for what torso, head and eyes do in a gesture, and their angles."""
from dataclasses import dataclass

Angles = tuple[float, float, float]  # degrees: pitch (forward and down is positive), yaw (to the left), roll (to the right)

# A turn of the torso or head of one degree. ``in`` and ``out`` are those of the right hand.
TURNS: dict[str, Angles] = {
    "forward": (1.0, 0.0, 0.0),
    "back": (-1.0, 0.0, 0.0),
    "left": (0.0, 1.0, 0.0),
    "right": (0.0, -1.0, 0.0),
    "in": (0.0, 1.0, 0.0),
    "out": (0.0, -1.0, 0.0),
}
TILTS: dict[str, Angles] = {
    "left": (0.0, 0.0, -1.0),
    "right": (0.0, 0.0, 1.0),
    "in": (0.0, 0.0, -1.0),
    "out": (0.0, 0.0, 1.0),
}
MOST_TORSO_DEG, MOST_HEAD_DEG = 30.0, 35.0
SIZES = {"small": 0.6, "large": 1.5}
GAZES: dict[str, Angles] = {  # where head and eyes go together
    "listener": (0.0, 0.0, 0.0),
    "up": (-16.0, 0.0, 0.0),
    "down": (20.0, 0.0, 0.0),
    "left": (0.0, 24.0, 0.0),
    "right": (0.0, -24.0, 0.0),
    "in": (0.0, 24.0, 0.0),
    "out": (0.0, -24.0, 0.0),
    "away": (8.0, 18.0, 0.0),
}


@dataclass(frozen=True)
class TorsoTurn:
    """A posture of the torso that is reached with the stroke and left with the retraction; degrees."""

    angles: Angles


@dataclass(frozen=True)
class HeadMove:
    """A movement of the head in degrees: ``repeat`` 0 goes there and stays for the gesture, else it swings so many times."""

    angles: Angles
    repeat: int = 0


@dataclass(frozen=True)
class Gaze:
    """Where the gaze goes: fixed angles, or the hands."""

    angles: Angles = (0.0, 0.0, 0.0)
    hands: bool = False


def _scaled(angles: Angles, by: float) -> Angles:
    return angles[0] * by, angles[1] * by, angles[2] * by


def _parts(text: object, what: str) -> list[list[str]]:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"expected {what}, got {text!r}")
    return [part.split() for part in text.split(",")]


def _degrees(word: str, most: float, text: object) -> float:
    if not word.replace(".", "", 1).isdigit() or not 0.0 < float(word) <= most:
        raise ValueError(f"expected degrees above 0 and at most {most:g}, got {word!r} in {text!r}")
    return float(word)


def parse_torso(text: object) -> tuple[TorsoTurn, ...]:
    """``lean forward 3, turn left 5``: postures joined by commas. Raises ValueError."""
    found = []
    for words in _parts(text, "a posture of the torso such as 'lean forward 3'"):
        verbs: dict[str, dict[str, Angles]] = {
            "lean": {**TILTS, "forward": TURNS["forward"], "back": TURNS["back"]},
            "turn": {key: TURNS[key] for key in TILTS},
        }
        if len(words) != 3 or words[0] not in verbs or words[1] not in verbs[words[0]]:
            raise ValueError(
                f"expected 'lean DIRECTION DEGREES' or 'turn DIRECTION DEGREES', got {' '.join(words)!r}; "
                f"allowed: lean {'|'.join(verbs['lean'])}, turn {'|'.join(verbs['turn'])}"
            )
        found.append(TorsoTurn(_scaled(verbs[words[0]][words[1]], _degrees(words[2], MOST_TORSO_DEG, text))))
    return tuple(found)


def parse_head(text: object) -> tuple[HeadMove, ...]:
    """``nod small, tilt right``: head movements joined by commas. Raises ValueError."""
    return tuple(_head_move(words, text) for words in _parts(text, "a head movement such as 'nod small'"))


def _head_move(words: list[str], text: object) -> HeadMove:
    verb, rest = words[0] if words else "", words[1:]
    scale = SIZES[rest.pop()] if rest and rest[-1] in SIZES else 1.0
    if verb == "nod" and not rest:
        return HeadMove(_scaled((9.0, 0.0, 0.0), scale), repeat=1)
    if verb == "nod" and rest == ["twice"]:
        return HeadMove(_scaled((8.0, 0.0, 0.0), scale), repeat=2)
    if verb == "nods" and not rest:
        return HeadMove(_scaled((8.0, 0.0, 0.0), scale), repeat=3)
    if verb == "shake" and not rest:
        return HeadMove(_scaled((0.0, 13.0, 0.0), scale), repeat=2)
    if verb == "tilt" and len(rest) == 1 and rest[0] in TILTS:
        return HeadMove(_scaled(TILTS[rest[0]], 9.0 * scale))
    if verb == "turn" and len(rest) == 1 and rest[0] in TILTS:
        return HeadMove(_scaled(TURNS[rest[0]], 16.0 * scale))
    if verb in ("up", "down") and not rest:
        return HeadMove(_scaled((-9.0 if verb == "up" else 12.0, 0.0, 0.0), scale))
    raise ValueError(
        f"expected a head movement, got {' '.join(words)!r} in {text!r}; allowed: nod, nod twice, nods, shake, up, down, "
        f"tilt {'|'.join(TILTS)}, turn {'|'.join(TILTS)}, each also with small or large"
    )


def parse_gaze(text: object) -> tuple[Gaze, ...]:
    """``hands then listener``: where the gaze goes with the preparation, and then with the stroke's end. Raises ValueError."""
    words = [part.strip() for part in text.split(" then ")] if isinstance(text, str) else []
    allowed = ("hands", *GAZES)
    if not 1 <= len(words) <= 2 or any(word not in allowed for word in words):
        raise ValueError(f"expected 'WHERE' or 'WHERE then WHERE', got {text!r}; allowed: {', '.join(allowed)}")
    return tuple(Gaze(hands=True) if word == "hands" else Gaze(GAZES[word]) for word in words)
