"""Invariants of the schemas of unity, identity and existence."""

import torch

from chironomia.motion_library.claims import (
    DOWN,
    HOLD_S,
    INDEX,
    LONG,
    TRAVEL_M,
    UP,
    Claims,
    Invariant,
    Of,
    Way,
    carries,
    direction,
    finger_bend,
    from_spine,
    holds_between,
    least,
    most,
    outward,
    palm_gap,
    pinch_width,
    raised,
    shift,
    stroke_path,
    tilt_of,
)
from chironomia.motion_library.hand_tracks import HandTracks, angle_deg

# Unity


def _merges(t: HandTracks, h: int, o: int) -> Claims:
    return least("the hands come together by", -t.change(palm_gap(t)), TRAVEL_M, "m"), most("and end close", t.end(palm_gap(t)), 0.20, "m")


def _to_middle(t: HandTracks, h: int, o: int) -> Claims:
    side = t.palm[h][:, 0] * outward(h)
    return least("the hand comes inward", -t.change(side), TRAVEL_M, "m"), most("to the middle", t.end(side).abs(), 0.12, "m")


def _gathers(t: HandTracks, h: int, o: int) -> Claims:
    wide = t.palm[h][:, 0].abs()
    return (
        least("a hand sweeps inward", -t.change(wide), TRAVEL_M, "m"),
        least("and toward the body", -t.change(from_spine(t, h)), TRAVEL_M, "m"),
    )


def _splits(t: HandTracks, h: int, o: int) -> Claims:
    return least("the hands part by", t.change(palm_gap(t)), TRAVEL_M, "m"), most("from close together", t.start(palm_gap(t)), 0.25, "m")


def _from_middle(t: HandTracks, h: int, o: int) -> Claims:
    side = t.palm[h][:, 0] * outward(h)
    return least("the hand parts from the middle", t.change(side), TRAVEL_M, "m"), most("where it was", t.start(side).abs(), 0.12, "m")


def _cuts_off(t: HandTracks, h: int, o: int) -> Claims:
    edge = torch.linalg.cross(t.along[h], t.normal[h])
    way = t.palm[h].diff(dim=0, append=t.palm[h][-1:]) * t.fps
    led = (angle_deg(edge, way) - 90.0).abs() > 50.0
    past = led & (way.norm(dim=-1) > 0.2)
    return (
        least("a hand cuts with its edge for", t.longest_s(past), 0.12, "s"),
        most("close by the other", palm_gap(t).min(), 0.25, "m"),
        most("which stays", t.length(stroke_path(t, o)), 0.08, "m"),
    )


def _outlines(t: HandTracks, h: int, o: int) -> Claims:
    gap, (turned, round_) = palm_gap(t), t.turning(stroke_path(t, h))
    return (
        least("the hands are widest apart on their way by", gap.max() - torch.maximum(t.start(gap), t.end(gap)), 0.06, "m"),
        least("each goes around", turned, 120.0, "deg"),
        least("in a round outline", round_, 0.2, "of its length"),
    )


def _outlines_alone(t: HandTracks, h: int, o: int) -> Claims:
    turned, round_ = t.turning(stroke_path(t, h))
    length = t.length(stroke_path(t, h))
    return (
        least("a hand goes around", turned, 150.0, "deg"),
        least("in a round outline", round_, 0.3, "of its length"),
        least("that is large", length, 0.25, "m"),
    )


def _ring(t: HandTracks, h: int, o: int) -> Claims:
    others = t.curl[h][:, [i for i in LONG if i != INDEX]].mean(-1)
    ring = (pinch_width(t, h) < 0.03) & (t.curl[h][:, INDEX] > 80.0) & (others < 80.0)
    return (least("thumb and index close a ring for", t.longest_s(ring), HOLD_S, "s"),)


def _interlock(t: HandTracks, h: int, o: int) -> Claims:
    reach = [(t.tips[a][:, LONG].mean(1) - t.palm[b]).norm(dim=-1) for a, b in ((h, o), (o, h))]
    return (
        most("the hands touch", t.end(t.hands_gap), 0.01, "m"),
        most("the fingers of each reach into the other", torch.stack([t.end(r) for r in reach]).max(), 0.11, "m"),
    )


def _to_and_fro(t: HandTracks, h: int, o: int) -> Claims:
    path = stroke_path(t, h)
    return (
        least("a hand goes to and fro", t.reversals(path[:, 2], 0.15), 2.0, "times"),
        least("over", path[:, 2].max() - path[:, 2].min(), TRAVEL_M, "m"),
        most("from the own chest", from_spine(t, h).min(), 0.32, "m"),
    )


def _heaps(t: HandTracks, h: int, o: int) -> Claims:
    side = t.palm[h][:, 0] * outward(h)
    return (
        least("a hand goes outward", t.change(side), 0.08, "m"),
        least("and down, as over a heap", shift(t, h, DOWN), 0.08, "m"),
        most("its palm on the heap", angle_deg(t.normal[h], direction(t, (-outward(h), -1.0, 0.0))).mean(), 55.0, "deg"),
    )


def _counts(t: HandTracks, h: int, o: int) -> Claims:
    reach = (t.tips[o] - t.tips[h, :, [INDEX]]).norm(dim=-1)  # (F, 5)
    folded = (t.curl[h][:, [i for i in LONG if i != INDEX]].mean(-1) > 110.0) & (t.curl[h][:, INDEX] < 60.0)
    return (
        least("an index touches fingers of the other hand", (reach.amin(0) < 0.06).sum(), 2.0, "fingers"),
        least("and is the only finger stretched for", t.longest_s(folded), HOLD_S, "s"),
    )


def _shows_number(t: HandTracks, h: int, o: int) -> Claims:
    stretched = (t.curl[h][:, LONG] < 60.0).sum(-1)
    up = angle_deg(t.points[h, :, INDEX], direction(t, UP)) < 50.0
    return (least("two or three fingers alone are held up for", t.longest_s((stretched >= 2) & (stretched <= 3) & up), HOLD_S, "s"),)


# Identity


def _levels_up(t: HandTracks, h: int, o: int) -> Claims:
    tilt = tilt_of(t).abs()
    return (
        least("the hands come to one level by", -t.change(tilt), 0.06, "m"),
        most("and end level", t.end(tilt), 0.04, "m"),
        most("facing the same way", t.end(angle_deg(t.normal[0], t.normal[1])), 45.0, "deg"),
    )


def _lies_on(t: HandTracks, h: int, o: int) -> Claims:
    over = t.end(t.palm[h] - t.palm[o])
    return (
        least("a hand comes down", shift(t, h, DOWN), 0.06, "m"),
        most("over the other", over[[0, 2]].norm(), 0.10, "m"),
        most("onto it", over[1].abs(), 0.09, "m"),
        most("layer on layer", t.end(angle_deg(t.normal[0], t.normal[1])), 35.0, "deg"),
    )


def _two_places(t: HandTracks, h: int, o: int) -> Claims:
    peaks = [int(t.speed(stroke_path(t, hand)).argmax()) / t.fps for hand in (0, 1)]
    return (
        least("the hands end at two places", t.end(palm_gap(t)), 0.30, "m"),
        least("one after the other", abs(peaks[0] - peaks[1]), 0.25, "s"),
    )


def _in_turn(t: HandTracks, h: int, o: int) -> Claims:
    rise = [t.palm[hand][: t.stroke, 1].diff() for hand in (0, 1)]
    size = torch.stack([r.abs().sum() for r in rise]).min()
    against = (rise[0] * rise[1]).sum() / (rise[0].norm() * rise[1].norm()).clamp_min(1e-9)
    return least("the hands go up and down", size, 0.08, "m"), least("against each other", -against, 0.5, "correlation")


def _one_place(t: HandTracks, h: int, o: int) -> Claims:
    side, height = t.palm[h][:, 0] * outward(h), stroke_path(t, h)[:, 1]
    return (
        least("the hand moves outward", t.change(side), TRAVEL_M, "m"),
        least("to a place out at its own side", t.end(side), 0.20, "m"),
        least("and comes down there", height.max() - height[-1], 0.03, "m"),
    )


# Existence


def _grips(t: HandTracks, h: int, o: int) -> Claims:
    grip = pinch_width(t, h)
    held = (grip < 0.11) & (t.speed(grip[:, None]) < 0.05) & raised(t, h) & (finger_bend(t, h) < 150.0) & (t.curl[h][:, INDEX] > 60.0)
    return (least("thumb and fingers keep a grip for", t.longest_s(held), HOLD_S, "s"),)


def _goes_on(t: HandTracks, h: int, o: int) -> Claims:
    tip = t.tips[h, : t.stroke, INDEX]
    turns = max(t.reversals(tip[:, axis], 0.1) for axis in range(3))
    return (
        least("a movement lasts", t.stroke / t.fps, 0.8, "s"),
        least("and does not stop", t.speed(tip).mean(), 0.12, "m/s"),
        least("nor arrive: it turns back", turns, 2.0, "times"),
    )


def _pours(t: HandTracks, h: int, o: int) -> Claims:
    return (
        least("a hand tips over by", angle_deg(t.start(t.normal[h]), t.end(t.normal[h])), 45.0, "deg"),
        most("in its place", t.change(t.palm[h]).norm(), 0.15, "m"),
        least("around what it holds, with fingers bent", t.end(finger_bend(t, h)), 60.0, "deg"),
    )


def _kneads(t: HandTracks, h: int, o: int) -> Claims:
    grip = pinch_width(t, h)
    return (
        least("the fingers close and open", t.reversals(grip, 0.08), 2.0, "times"),
        least("by", grip.max() - grip.min(), 0.03, "m"),
    )


UNITY: dict[str, Invariant] = {
    "MERGING": Invariant((Way(Of.PAIR, _merges), Way(Of.ALONE, _to_middle)), "schema: Johnson 1987, p. 126; geometry: ours"),
    "COLLECTION": Invariant((Way(Of.EACH, _gathers),), "schema: Johnson 1987, p. 126; geometry: ours"),
    "SPLITTING": Invariant((Way(Of.PAIR, _splits), Way(Of.ALONE, _from_middle)), "schema: Johnson 1987, p. 126; geometry: ours"),
    "PART": Invariant((Way(Of.PAIR, _cuts_off),), "schema: Johnson 1987, p. 126; geometry: ours"),
    "WHOLE": Invariant(
        (Way(Of.PAIR, _outlines), Way(Of.ALONE, _outlines_alone), Way(Of.EACH, _ring)),
        "Hassemer & Winter 2018: tracing; Neumann 2004: ring",
    ),
    "LINK": Invariant((Way(Of.PAIR, _interlock), Way(Of.EACH, _to_and_fro)), "schema: Johnson 1987, p. 126; geometry: ours"),
    "MASS": Invariant((Way(Of.EACH, _heaps),), "schema: Johnson 1987, p. 126; geometry: ours"),
    "COUNT": Invariant((Way(Of.PAIR, _counts), Way(Of.EACH, _shows_number)), "Kendon 2004"),
    "MATCHING": Invariant((Way(Of.PAIR, _levels_up),), "schema: Johnson 1987, p. 126; geometry: ours"),
    "SUPERIMPOSITION": Invariant((Way(Of.PAIR, _lies_on),), "schema: Johnson 1987, p. 126; geometry: ours"),
    "CONTRAST": Invariant(
        (Way(Of.PAIR, _two_places), Way(Of.PAIR, _in_turn), Way(Of.ALONE, _one_place)), "Calbris 2008; Hinnell 2019: on the one hand"
    ),
    "OBJECT": Invariant((Way(Of.EACH, _grips), Way(Of.PAIR, holds_between), Way(Of.EACH, carries)), "Müller 2004; Mittelberg 2010"),
    "PROCESS": Invariant(
        (Way(Of.EACH, _goes_on),), "Ladewig 2011", weak="a process has no shape of its own: only that the movement goes on"
    ),
    "SUBSTANCE": Invariant(
        (Way(Of.EACH, _kneads), Way(Of.EACH, _pours)),
        "schema: Lakoff & Johnson 1980, ch. 6; geometry: ours",
        weak="a substance has no shape of its own: only that the fingers feel it or a hand pours it",
    ),
}
