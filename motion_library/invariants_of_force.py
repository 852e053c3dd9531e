"""Invariants of the schemas of path, force and balance."""

import torch

from chironomia.motion_library.claims import (
    BACK,
    FRONT,
    HOLD_S,
    INDEX,
    TRAVEL_M,
    UP,
    Claims,
    Invariant,
    Of,
    Way,
    direction,
    facing,
    finger_bend,
    from_spine,
    least,
    most,
    outward,
    pinch_width,
    stroke_path,
    tilt_of,
)
from chironomia.motion_library.hand_tracks import HandTracks, angle_deg

# Path


def _travels(t: HandTracks, h: int, o: int) -> Claims:
    net, length = t.change(t.palm[h]).norm(), t.length(stroke_path(t, h))
    return (
        least("a hand goes from one place to another", net, 0.18, "m"),
        least("without turning back", net / max(length, 1e-6), 0.6, "of its way"),
    )


def _goes_round(t: HandTracks, h: int, o: int) -> Claims:
    turned, round_ = t.turning(stroke_path(t, h))
    return least("the path of a hand turns", turned, 300.0, "deg"), least("and is round", round_, 0.3, "of its length")


def _again(t: HandTracks, h: int, o: int) -> Claims:
    return (least("separate movements follow each other", t.bursts(t.speed(t.tips[h, : t.stroke, INDEX])), 3.0, "times"),)


def _to_and_again(t: HandTracks, h: int, o: int) -> Claims:
    turns = max(t.reversals(t.tips[h, : t.stroke, INDEX, axis], 0.2) for axis in range(3))
    return (least("a hand turns back", max(turns, t.reversals(pinch_width(t, h)[: t.stroke], 0.1)), 3.0, "times"),)


def _nods(t: HandTracks, h: int, o: int) -> Claims:
    return (least("the head nods, turning back", t.reversals(t.face[:, 1], 0.02), 3.0, "times"),)


def _round_again(t: HandTracks, h: int, o: int) -> Claims:
    turned, round_ = t.turning(stroke_path(t, h))
    return least("the path of a hand turns", turned, 600.0, "deg"), least("and is round", round_, 0.3, "of its length")


# Force


def _pushes(t: HandTracks, h: int, o: int) -> Claims:
    way = t.change(t.palm[h])
    return (
        least("a hand moves away from the chest", t.change(from_spine(t, h)), TRAVEL_M, "m"),
        most("palm first", angle_deg(t.end(t.normal[h]), way), 50.0, "deg"),
    )


def _drives(t: HandTracks, h: int, o: int) -> Claims:
    return (
        least("a fist", t.end(finger_bend(t, h)), 150.0, "deg"),
        least("is driven", t.change(t.palm[h]).norm(), TRAVEL_M, "m"),
        least("with force", t.speed(stroke_path(t, h)).max(), 0.8, "m/s"),
    )


def _presses(t: HandTracks, h: int, o: int) -> Claims:
    across = t.palm[o] - t.palm[h]
    against = (finger_bend(t, h) > 150.0) | (angle_deg(t.normal[h], across) < 60.0)
    return (
        least("a fist or palm presses against the other hand for", t.longest_s((t.hands_gap < 0.02) & against), HOLD_S, "s"),
        most("side by side, off the level by", t.end((angle_deg(across, direction(t, UP)) - 90.0).abs()), 45.0, "deg"),
    )


def _bars(t: HandTracks, h: int, o: int) -> Claims:
    barred = (facing(t, h, FRONT) < 45.0) & (t.palm[h][:, 2] > 0.25) & (finger_bend(t, h) < 80.0)
    return (least("an open palm is held against what is ahead for", t.longest_s(barred), HOLD_S, "s"),)


def _is_stopped(t: HandTracks, h: int, o: int) -> Claims:
    way = t.palm[h, int(t.hands_gap.argmin())] - t.start(t.palm[h])
    return (
        least("a hand goes", way.norm(), 0.07, "m"),
        most("until the other hand stops it", t.hands_gap.min(), 0.03, "m"),
        most("which does not give way", t.length(stroke_path(t, o)), 0.08, "m"),
        most("and stands across its way", 90.0 - (t.end(angle_deg(t.normal[o], way)) - 90.0).abs(), 55.0, "deg"),
    )


def _turns_off(t: HandTracks, h: int, o: int) -> Claims:
    path = stroke_path(t, h) * direction(t, (1.0, 0.0, 1.0))  # seen from above, as on a map
    done = torch.cat([path.new_zeros(1), path.diff(dim=0).norm(dim=-1).cumsum(0)])
    third, last = (int((done < share * done[-1]).sum().clamp(max=len(path) - 1)) for share in (1 / 3, 2 / 3))
    before, after = path[third] - path[0], path[-1] - path[last]
    return (
        least("the path bends by", angle_deg(before, after), 50.0, "deg"),
        least("having gone one way", before.norm(), 0.06, "m"),
        least("and then another", after.norm(), 0.06, "m"),
    )


def _holds_down(t: HandTracks, h: int, o: int) -> Claims:
    against = angle_deg(t.normal[h], direction(t, (0.0, -1.0, 1.0))) < 40.0
    held = against & (t.speed(t.palm[h]) < 0.12) & (finger_bend(t, h) < 90.0)
    return (least("a palm turned down and forward is held still for", t.longest_s(held), HOLD_S, "s"),)


def _wags(t: HandTracks, h: int, o: int) -> Claims:
    tip = t.tips[h, : t.stroke, INDEX]
    raised = t.longest_s(angle_deg(t.points[h, :, INDEX], direction(t, UP)) < 50.0)
    return least("a raised finger", raised, HOLD_S, "s"), least("goes from side to side", t.reversals(tip[:, 0], 0.15), 2.0, "times")


def _sweeps_away(t: HandTracks, h: int, o: int) -> Claims:
    turned = angle_deg(t.start(t.normal[h]), t.end(t.normal[h]))
    return (
        least("a hand sweeps outward", t.change(t.palm[h][:, 0] * outward(h)), 0.15, "m"),
        least("fast", t.speed(stroke_path(t, h)).max(), 0.8, "m/s"),
        least("and the hand turns over by", turned, 30.0, "deg"),
    )


def _opens(t: HandTracks, h: int, o: int) -> Claims:
    turned = angle_deg(t.start(t.normal[h]), t.end(t.normal[h]))
    return (
        least("a palm that closed the way turns aside by", turned, 40.0, "deg"),
        most("it faced the body", t.start(facing(t, h, BACK)), 85.0, "deg"),
        least("and it moves outward", t.change(t.palm[h][:, 0] * outward(h)), 0.10, "m"),
    )


def _draws_near(t: HandTracks, h: int, o: int) -> Claims:
    return (least("a hand is drawn to the body by", -t.change(from_spine(t, h)), 0.08, "m"),)


# Balance


def _weighs(t: HandTracks, h: int, o: int) -> Claims:
    tilt = tilt_of(t)
    return (
        least("now one hand, now the other is higher by", torch.minimum(tilt.max(), -tilt.min()), 0.03, "m"),
        most("and both end level", t.end(tilt).abs(), 0.06, "m"),
    )


def _tips_over(t: HandTracks, h: int, o: int) -> Claims:
    tilt = tilt_of(t).abs()
    return least("the hands come off their level by", t.change(tilt), 0.10, "m"), least("and stay so", t.end(tilt), 0.10, "m")


def _rocks(t: HandTracks, h: int, o: int) -> Claims:
    roll = torch.rad2deg(torch.atan2(t.normal[h][:, 0], -t.normal[h][:, 1]))[: t.stroke]
    return least("a level hand rocks", t.reversals(roll, 30.0), 2.0, "times"), least("by", roll.max() - roll.min(), 30.0, "deg")


FORCE: dict[str, Invariant] = {
    "PATH": Invariant(
        (Way(Of.EACH, _travels),), "Cienki 2005", weak="most large strokes go somewhere; that a way is meant is read from the words"
    ),
    "CYCLE": Invariant((Way(Of.EACH, _goes_round),), "Ladewig 2011: the cyclic gesture"),
    "ITERATION": Invariant(
        (Way(Of.EACH, _again), Way(Of.EACH, _to_and_again), Way(Of.EACH, _round_again), Way(Of.HEAD, _nods)),
        "Bressem 2021: repetitions in gesture",
    ),
    "COMPULSION": Invariant((Way(Of.EACH, _pushes), Way(Of.EACH, _drives)), "Talmy 1988; Johnson 1987; Cienki 2005: force"),
    "COUNTERFORCE": Invariant((Way(Of.PAIR, _presses), Way(Of.EACH, _bars)), "schema: Johnson 1987, ch. 3 (force); geometry: ours"),
    "BLOCKAGE": Invariant((Way(Of.EACH, _bars), Way(Of.PAIR, _is_stopped)), "Bressem & Müller 2014: holding away; Johnson 1987, ch. 3"),
    "DIVERSION": Invariant((Way(Of.EACH, _turns_off),), "schema: Johnson 1987, ch. 3 (force); geometry: ours"),
    "RESTRAINT": Invariant(
        (Way(Of.EACH, _holds_down), Way(Of.EACH, _bars), Way(Of.EACH, _wags)), "Bressem & Müller 2014: holding away, moved index"
    ),
    "REMOVAL": Invariant((Way(Of.EACH, _sweeps_away),), "Bressem & Müller 2014: sweeping and brushing away"),
    "ENABLEMENT": Invariant((Way(Of.EACH, _opens),), "schema: Johnson 1987, ch. 3 (force); geometry: ours"),
    "ATTRACTION": Invariant((Way(Of.EACH, _draws_near),), "schema: Johnson 1987, ch. 3 (force); geometry: ours"),
    "BALANCE": Invariant((Way(Of.PAIR, _weighs),), "schema: Johnson 1987, p. 126; geometry: ours"),
    "IMBALANCE": Invariant((Way(Of.PAIR, _tips_over), Way(Of.EACH, _rocks)), "Bressem & Müller 2014: swaying"),
}
