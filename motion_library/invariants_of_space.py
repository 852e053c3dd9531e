"""Invariants of the schemas of space, containment and scale."""

import torch
from torch import Tensor

from chironomia.motion_library.claims import (
    BACK,
    DOWN,
    FRONT,
    HOLD_S,
    INDEX,
    LEFT,
    LONG,
    RIGHT,
    RISE_M,
    THUMB,
    TRAVEL_M,
    UP,
    Claims,
    Invariant,
    Of,
    Way,
    carries,
    facing,
    finger_bend,
    from_spine,
    holds_between,
    least,
    most,
    off_facing,
    outward,
    palm_gap,
    pinch_width,
    pointing,
    raised,
    shift,
    stroke_path,
)
from chironomia.motion_library.hand_tracks import HandTracks, angle_deg

# Space


def _moves(way: tuple[float, float, float], word: str, by: float = TRAVEL_M) -> Way:
    return Way(Of.EACH, lambda t, h, o: (least(f"a hand moves {word}", shift(t, h, way), by, "m"),))


def _moves_over(way: tuple[float, float, float], word: str) -> tuple[Way, ...]:
    """Sideways both hands must go together: apart they go left and right at once."""

    def together(t: HandTracks, h: int, o: int) -> Claims:
        return (least(f"the hands move {word}", 0.5 * (shift(t, h, way) + shift(t, o, way)), TRAVEL_M, "m"),)

    def alone(t: HandTracks, h: int, o: int) -> Claims:
        return (least(f"the hand moves {word}", shift(t, h, way), TRAVEL_M, "m"),)

    return Way(Of.PAIR, together), Way(Of.ALONE, alone), _points(way, word)


def _points(way: tuple[float, float, float], word: str) -> Way:
    return Way(Of.EACH, lambda t, h, o: (least(f"a stretched finger points {word}", pointing(t, h, way), 0.2, "s"),))


def _direction(way: tuple[float, float, float], word: str, by: float = TRAVEL_M) -> tuple[Way, Way]:
    return _moves(way, word, by), _points(way, word)


def _near(t: HandTracks, h: int, o: int) -> Claims:
    gap = t.body_gap[h]
    return least("a hand comes nearer the body", -t.change(gap), 0.06, "m"), most("and ends close to it", t.end(gap), 0.20, "m")


def _near_below(t: HandTracks, h: int, o: int) -> Claims:
    height = t.palm[h][:, 1]
    down = max(t.longest_s(facing(t, h, DOWN) < 45.0), pointing(t, h, DOWN))
    return (
        least("a hand goes down", height[0] - height.min(), 0.06, "m"),
        most("to a place below the chest", t.end(t.palm[h])[1], -0.10, "m"),
        most("within easy reach", t.end(from_spine(t, h)), 0.51, "m"),
        least("palm or finger turned down for", down, 0.2, "s"),
    )


def _far(t: HandTracks, h: int, o: int) -> Claims:
    at = t.end(t.palm[h] - t.shoulder[h])
    reach = (t.palm[h] - t.shoulder[h]).norm(dim=-1)
    return (
        least("the arm is stretched out", t.end(reach), 0.43, "m"),
        least("having reached out", t.change(reach), 0.04, "m"),
        least("and not down", at[1], -0.30, "m"),
    )


def _center(t: HandTracks, h: int, o: int) -> Claims:
    at = t.end(t.palm[h])
    return most("a hand ends before the midline", at[0].abs(), 0.09, "m"), most("between belly and chest", at[1].abs(), 0.25, "m")


def _periphery(t: HandTracks, h: int, o: int) -> Claims:
    at = t.end(t.palm[h])
    return (least("a hand ends at the edge of gesture space", at[0].abs(), 0.30, "m"),)


def _rim(t: HandTracks, h: int, o: int) -> Claims:
    path = stroke_path(t, h)
    turned, _ = t.turning(path)
    middle = 0.5 * (path.amax(0) + path.amin(0))
    return (
        least("a hand goes round", turned, 270.0, "deg"),
        least("around a middle left empty", (path - middle).norm(dim=-1).amin(), 0.06, "m"),
        most("on one level", path[:, 1].max() - path[:, 1].min(), 0.10, "m"),
    )


def _touches_hand(t: HandTracks, h: int, o: int) -> Claims:
    return (most("the hands touch", t.hands_gap.min(), 0.025, "m"),)


def _touches_body(t: HandTracks, h: int, o: int) -> Claims:
    return (most("a hand touches trunk or head", t.body_gap[h].min(), 0.025, "m"),)


def _tips_touch(t: HandTracks, h: int, o: int) -> Claims:
    return (least("thumb and index touch for", t.longest_s(pinch_width(t, h) < 0.025), 0.2, "s"),)


# Containment


def _bounds(t: HandTracks, h: int, o: int) -> Claims:
    gap = palm_gap(t)[: t.stroke]
    return (
        least("the hands draw a boundary, apart by", gap.max() - torch.maximum(gap[0], gap[-1]), TRAVEL_M, "m"),
        most("which they close", gap[-1], 0.25, "m"),
    )


def _cupped(t: HandTracks, h: int, o: int) -> Claims:
    depth = ((t.tips[h] - t.palm[h][:, None]) * t.normal[h][:, None]).sum(-1)  # (F, 5) of the tips off the palm's plane
    bowl = (
        (depth[:, THUMB] > 0.05)
        & (depth[:, LONG].mean(-1) > 0.03)
        & (pinch_width(t, h) > 0.045)
        & (facing(t, h, DOWN) > 60.0)
        & raised(t, h)
    )
    return (least("one hand is curved around a hollow for", t.longest_s(bowl & (t.speed(t.palm[h]) < 0.5)), HOLD_S, "s"),)


def _toward(t: HandTracks, h: int, o: int) -> Tensor:
    """How far (F,) a palm is off the other palm, along where the other palm faces."""
    return ((t.palm[h] - t.palm[o]) * t.normal[o]).sum(-1)


def _goes_in(t: HandTracks, h: int, o: int) -> Claims:
    gap = palm_gap(t)
    return (
        least("a hand comes nearer the hollow of the other", t.start(gap) - gap.min(), 0.06, "m"),
        most("and ends in it", t.end(gap), 0.16, "m"),
        least("on the side where its palm faces", t.end(_toward(t, h, o)), 0.0, "m"),
        most("while the other hand waits", t.length(stroke_path(t, o)), 0.08, "m"),
    )


def _into_mouth(t: HandTracks, h: int, o: int) -> Claims:
    """The body is the container that we know first."""
    gap = (t.palm[h] - t.face).norm(dim=-1)
    return least("a hand brings something to the mouth by", -t.change(gap), 0.10, "m"), most("and ends before it", t.end(gap), 0.22, "m")


def _comes_out(t: HandTracks, h: int, o: int) -> Claims:
    gap = palm_gap(t)
    return (
        most("a hand begins in the hollow of the other", t.start(gap), 0.17, "m"),
        least("on the side where its palm faces", t.start(_toward(t, h, o)), 0.0, "m"),
        least("and leaves it by", t.change(gap), 0.10, "m"),
        most("while the other hand waits", t.length(stroke_path(t, o)), 0.08, "m"),
    )


def _bursts_out(t: HandTracks, h: int, o: int) -> Claims:
    away = (t.palm[h] - t.start(t.palm[h])).norm(dim=-1)
    return (
        least("a closed hand opens by", -t.change(finger_bend(t, h)), 60.0, "deg"),
        least("and leaves its place by", t.end(away), 0.07, "m"),
    )


def _fills(t: HandTracks, h: int, o: int) -> Claims:
    return (
        least("a level rises", shift(t, h, UP), TRAVEL_M, "m"),
        most("the palm that is the level faces down", t.end(facing(t, h, DOWN)), 45.0, "deg"),
        most("beside a wall that stays", t.length(stroke_path(t, o)), 0.08, "m"),
    )


def _full_to_the_chin(t: HandTracks, h: int, o: int) -> Claims:
    """The body is the vessel, and the hand its level."""
    below = t.end((t.face - t.palm[h])[:, 1])
    return (
        least("a level rises", shift(t, h, UP), TRAVEL_M, "m"),
        most("the palm that is the level faces down", t.end(facing(t, h, DOWN)), 45.0, "deg"),
        most("up to the chin", below.abs(), 0.2, "m"),
        most("close before it", t.end((t.palm[h] - t.face)[:, [0, 2]].norm(dim=-1)), 0.2, "m"),
    )


def _empty(t: HandTracks, h: int, o: int) -> Claims:
    open_up = (facing(t, h, UP) < 50.0) & (finger_bend(t, h) < 60.0)
    return (
        least("the open palm is shown for", t.longest_s(open_up), 0.2, "s"),
        most("its fingers are stretched", t.end(finger_bend(t, h)), 60.0, "deg"),
    )


def _surface(t: HandTracks, h: int, o: int) -> Claims:
    way, path = t.change(t.palm[h]), stroke_path(t, h)
    normal = t.normal[h, : t.stroke].mean(0)
    return (
        least("a hand glides", way.norm(), TRAVEL_M, "m"),
        least("in the plane of its palm", 90.0 - (angle_deg(way, normal) - 90.0).abs(), 60.0, "deg"),
        most("with flat fingers", finger_bend(t, h).mean(), 70.0, "deg"),
        most("that keeps its level", (path @ normal).max() - (path @ normal).min(), 0.08, "m"),
    )


def _covers_hand(t: HandTracks, h: int, o: int) -> Claims:
    over = t.palm[o] - t.palm[h]
    return (
        most("a palm closes on the other hand", t.end(over.norm(dim=-1)), 0.13, "m"),
        most("facing it", t.end(angle_deg(t.normal[h], over)), 60.0, "deg"),
        least("having come", t.start(over.norm(dim=-1)) - t.end(over.norm(dim=-1)), 0.06, "m"),
    )


def _covers_face(t: HandTracks, h: int, o: int) -> Claims:
    over = t.face - t.palm[h]
    return (
        most("a palm covers the face", t.end(over.norm(dim=-1)), 0.14, "m"),
        most("facing it", t.end(angle_deg(t.normal[h], over)), 60.0, "deg"),
    )


def _carries_hand(t: HandTracks, h: int, o: int) -> Claims:
    under = t.palm[o] - t.palm[h]
    return (
        most("a palm faces up", t.end(facing(t, h, UP)), 45.0, "deg"),
        least("below the other hand", t.end(under[:, 1]), 0.0, "m"),
        most("close to it", t.end(under.norm(dim=-1)), 0.16, "m"),
    )


# Scale


def _big(t: HandTracks, h: int, o: int) -> Claims:
    gap, lower = palm_gap(t), t.palm[:, :, 1].amin(0)
    return (
        least("the hands end apart", t.end(gap), 0.42, "m"),
        most("and move no nearer", -t.change(gap), 0.05, "m"),
        least("both raised above the waist", t.end(lower), -0.28, "m"),
    )


def _big_alone(t: HandTracks, h: int, o: int) -> Claims:
    wide = t.palm[h][:, 0] * outward(h)
    return least("the hand moves outward", t.change(wide), TRAVEL_M, "m"), least("and ends wide", t.end(wide), 0.23, "m")


def _small(t: HandTracks, h: int, o: int) -> Claims:
    shown = (pinch_width(t, h) < 0.045) & (t.curl[h][:, INDEX] < 140.0) & raised(t, h)  # in a fist they are close as well
    return (least("thumb and index are a finger's breadth apart for", t.longest_s(shown), HOLD_S, "s"),)


def _small_between(t: HandTracks, h: int, o: int) -> Claims:
    close = (palm_gap(t) < 0.16) & (off_facing(t) < 60.0)
    return (least("the palms are close before each other for", t.longest_s(close), HOLD_S, "s"),)


def _apart(sign: float, word: str) -> Way:
    return Way(Of.PAIR, lambda t, h, o: (least(f"the distance between the hands {word}", sign * t.change(palm_gap(t)), TRAVEL_M, "m"),))


def _level(way: tuple[float, float, float], word: str) -> Way:
    """More is up, less is down: a flat palm marks the level."""
    return Way(
        Of.EACH,
        lambda t, h, o: (
            least(f"a level {word}", shift(t, h, way), RISE_M, "m"),
            most("that is a palm turned down", t.end(facing(t, h, DOWN)), 45.0, "deg"),
            most("and flat", t.end(finger_bend(t, h)), 40.0, "deg"),
        ),
    )


def _hollow(sign: float, word: str) -> Way:
    def claims(t: HandTracks, h: int, o: int) -> Claims:
        side = t.palm[h][:, 0] * outward(h)
        tips = (t.tips[h][:, LONG] - t.palm[h][:, None]).norm(dim=-1).mean(-1)
        return (
            least(f"the hand moves {'outward' if sign > 0 else 'inward'}", sign * t.change(side), 0.06, "m"),
            least(f"and its fingers {word}", sign * t.change(tips), 0.01, "m"),
        )

    return Way(Of.ALONE, claims)


SPACE: dict[str, Invariant] = {
    "UP": Invariant(_direction(UP, "up", RISE_M), "McNeill 1992; Cienki & Müller 2008"),
    "DOWN": Invariant(_direction(DOWN, "down", RISE_M), "McNeill 1992; Cienki & Müller 2008"),
    "LEFT": Invariant(_moves_over(LEFT, "to the left"), "Casasanto & Jasmin 2012"),
    "RIGHT": Invariant(_moves_over(RIGHT, "to the right"), "Casasanto & Jasmin 2012"),
    "FRONT": Invariant(_direction(FRONT, "ahead"), "Núñez & Sweetser 2006"),
    "BACK": Invariant(_direction(BACK, "back"), "Núñez & Sweetser 2006"),
    "NEAR": Invariant((Way(Of.EACH, _near), Way(Of.EACH, _near_below)), "Kendon 2004: pointing"),
    "FAR": Invariant((Way(Of.EACH, _far),), "Kendon 2004: pointing"),
    "CENTER": Invariant((Way(Of.EACH, _center),), "McNeill 1992, p. 89: gesture space"),
    "PERIPHERY": Invariant((Way(Of.EACH, _periphery), Way(Of.EACH, _rim)), "McNeill 1992, p. 89: gesture space"),
    "CONTACT": Invariant((Way(Of.PAIR, _touches_hand), Way(Of.EACH, _touches_body), Way(Of.ALONE, _tips_touch)), "Mittelberg 2010"),
    "CONTAINER": Invariant(
        (Way(Of.PAIR, holds_between), Way(Of.EACH, _cupped), Way(Of.PAIR, _bounds)), "Cienki 2005; Mittelberg 2010; Ravenet et al. 2018"
    ),
    "IN": Invariant(
        (Way(Of.PAIR, _goes_in), Way(Of.EACH, _into_mouth)), "schema: Johnson 1987, ch. 2 (in-out orientation); geometry: ours"
    ),
    "OUT": Invariant(
        (Way(Of.PAIR, _comes_out), Way(Of.EACH, _bursts_out)), "schema: Johnson 1987, ch. 2 (in-out orientation); geometry: ours"
    ),
    "FULL": Invariant((Way(Of.PAIR, _fills), Way(Of.EACH, _full_to_the_chin)), "schema: Johnson 1987, p. 126; geometry: ours"),
    "EMPTY": Invariant(
        (Way(Of.EACH, _empty),),
        "Müller 2004: palm up, open hand",
        weak="an open palm also offers; that nothing is in it is read from the words",
    ),
    "SURFACE": Invariant((Way(Of.EACH, _surface),), "Hassemer & Winter 2018; Cienki 2005"),
    "COVERING": Invariant((Way(Of.PAIR, _covers_hand), Way(Of.EACH, _covers_face)), "ours"),
    "SUPPORT": Invariant((Way(Of.PAIR, _carries_hand), Way(Of.EACH, carries)), "Mittelberg 2010: palm as a supporting surface"),
    "BIG": Invariant((Way(Of.PAIR, _big), Way(Of.ALONE, _big_alone)), "Hassemer & Winter 2018; Ravenet et al. 2018"),
    "SMALL": Invariant((Way(Of.EACH, _small), Way(Of.PAIR, _small_between)), "Hassemer & Winter 2018: thumb and index show a size"),
    "GROWING": Invariant((_apart(1.0, "grows"), _hollow(1.0, "open"), _level(UP, "rises")), "Lakoff & Johnson 1980"),
    "SHRINKING": Invariant((_apart(-1.0, "shrinks"), _hollow(-1.0, "close"), _level(DOWN, "sinks")), "Lakoff & Johnson 1980"),
}
