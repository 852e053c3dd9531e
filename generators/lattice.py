"""The lattice of choices that alignment makes: every way to realise every call, and what it costs to go from one to the next."""
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from chironomia.generators.rhythm import Interval
from chironomia.motion_library import skeleton
from chironomia.motion_library.call import GestureCall
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.retrieve import Candidate
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import BodyPart, GestureFunction, Hands

# The apex may lie from 120 ms before to 40 ms after the stressed vowel's onset; the middle of that is best: in people the
# apex leads the pitch accent slightly and never lags the stressed syllable (Leonard & Cummins 2011; McNeill 1992).
EARLIEST_S, LATEST_S = -0.12, 0.04
SHIFTS_S = (-0.04, -0.08, 0.0, 0.03)
STROKE_SCALES = (1.0, 0.85)
PREPARATION_SCALE = (0.7, 1.4)
PEAK_ACCELERATION = 45.0  # rad/s² a new preparation may need: the median-to-p95 range of real arms (10 to 48)
PEAK_SPEED_MPS = 2.2  # of the wrist in preparation
FALLS_OFF = 3.0  # a clip whose score is a tenth behind the best is worth three tenths less: time must be short to prefer it
LOOK_BACK = 8  # calls: how far back the previously placed one may lie
MOST_CANDIDATES = 5

Array = NDArray[np.float64]


@dataclass(frozen=True)
class AnchoredCall:
    """A call with its moment: the onset of its anchor's stressed vowel, its words' interval, and who could show it.

    ``worth`` weighs it against its neighbours; an author's explicit wish weighs more than a planner's.
    """

    call: GestureCall
    stress_s: float
    span: Interval
    candidates: tuple[Candidate, ...]
    worth: float


_ARM_JOINTS = [skeleton.INDEX[f"{side}_{j}"] for side in ("left", "right") for j in ("collar", "shoulder", "elbow", "wrist")]
_WRISTS = [skeleton.INDEX["left_wrist"], skeleton.INDEX["right_wrist"]]
ARMS = (BodyPart.LEFT_ARM, BodyPart.RIGHT_ARM)


@dataclass(frozen=True)
class Poses:
    """Where the arms of K clips are at one sync point: angles (K, 2, 4, 3) radians and wrists (K, 2, 3) metres."""

    angles: Array
    wrists: Array

    def at(self, clips: NDArray[np.int64]) -> "Poses":
        return Poses(self.angles[clips], self.wrists[clips])


@dataclass(frozen=True)
class Options:
    """The N ways to realise one call, as arrays (N,); times in seconds of the performance."""

    candidates: tuple[Candidate, ...]
    candidate: NDArray[np.int64]  # index into candidates
    clip: NDArray[np.int64]  # index into the poses
    gesture: NDArray[np.int64]  # equal numbers, equal gestures
    beat: NDArray[np.bool_]
    uses: NDArray[np.bool_]  # (N, 2) left and right arm
    shift: Array
    scale: Array
    worth: Array
    before: Array  # stroke_start
    after: Array  # stroke_end
    preparation: Array  # natural duration of preparation and pre-stroke hold


def _poses_at(clips: Sequence[Clip], times_s: Sequence[float]) -> Poses:
    at = [clip.motion.sample(torch.tensor([t])) for clip, t in zip(clips, times_s, strict=True)]
    turned, moved = torch.cat([m.rotations for m in at]), torch.cat([m.translation for m in at])
    angles = skeleton.swing_twist_angles(turned)[:, _ARM_JOINTS].reshape(-1, 2, len(_ARM_JOINTS) // 2, 3)
    wrists = skeleton.forward_kinematics(turned, moved)[0][:, _WRISTS]
    return Poses(angles.double().numpy(), wrists.double().numpy())


def _shortest_preparation_s(leaving: Poses, ready: Poses, uses: NDArray[np.bool_]) -> Array:
    """Least times (A, B) that minimum-jerk moves from A poses to B poses need under the limits of acceleration and speed.

    Only the arms (B, 2) that the later clip uses count. A minimum-jerk move over x in time T peaks at 5.77 x/T² and
    1.875 x/T (Flash & Hogan 1985).
    """
    turn = np.linalg.norm(ready.angles[None] - leaving.angles[:, None], axis=-1).max(-1)  # (A, B, 2)
    way = np.linalg.norm(ready.wrists[None] - leaving.wrists[:, None], axis=-1)  # (A, B, 2)
    least = np.maximum(np.sqrt(5.77 * turn / PEAK_ACCELERATION), 1.875 * way / PEAK_SPEED_MPS)
    longest: Array = np.where(uses[None], least, 0.0).max(-1)
    return longest


def _options(anchored: AnchoredCall, clip_index: dict[str, int], gesture_index: dict[str, int]) -> Options:
    candidates = anchored.candidates[:MOST_CANDIDATES]
    grid = [(c, shift, scale) for c in range(len(candidates)) for shift in SHIFTS_S for scale in STROKE_SCALES]
    which = np.array([g[0] for g in grid], dtype=np.int64)
    shift, scale = np.array([g[1] for g in grid]), np.array([g[2] for g in grid])
    sync = np.array([c.clip.sync.times() for c in candidates]).reshape(-1, 7)[which]
    scores = np.array([max(c.score, 0.0) for c in candidates])
    behind = 1.0 - scores / max(scores.max(initial=0.0), 1e-6)
    fit = (1.0 - FALLS_OFF * behind).clip(0.1)[which]
    cost = 0.05 * ((shift - SHIFTS_S[0]) / 0.08) ** 2 + 0.3 * (1.0 - scale)
    apex = anchored.stress_s + shift
    return Options(
        candidates=candidates,
        candidate=which,
        clip=np.array([clip_index[c.clip.id] for c in candidates], dtype=np.int64)[which],
        gesture=np.array([gesture_index[c.gesture.id] for c in candidates], dtype=np.int64)[which],
        beat=np.array([c.gesture.function == GestureFunction.BEAT for c in candidates], dtype=bool)[which],
        uses=np.array([[arm in c.clip.mask for arm in ARMS] for c in candidates], dtype=bool).reshape(-1, 2)[which],
        shift=shift,
        scale=scale,
        worth=anchored.worth * fit * (1.0 - cost),
        before=apex - (sync[:, 3] - sync[:, 2]) * scale,
        after=apex + (sync[:, 4] - sync[:, 3]) * scale,
        preparation=sync[:, 2] - sync[:, 0],
    )


def _preparation_s(natural: Array, available: Array, least: Array) -> Array:
    """How long preparations take with ``available`` seconds before the stroke; NaN where they do not fit."""
    low = np.maximum(natural * PREPARATION_SCALE[0], least)
    high = np.maximum(natural * PREPARATION_SCALE[1], low)
    # A hold that would end just before the preparation begins is spent on a slower preparation instead.
    taken = np.where(available <= high, np.maximum(available, low), np.maximum(natural, low))
    return np.where(available < low, np.nan, taken)


@dataclass(frozen=True)
class Lattice:
    """All options of an utterance and the poses that decide between them. The last pose is rest."""

    options: list[Options]
    ready: Poses
    leaving: Poses

    @property
    def rest(self) -> NDArray[np.int64]:
        return np.array([len(self.ready.angles) - 1])

    def preparation_s(self, before: Options | None, after: Options) -> tuple[Array, Array]:
        """Durations (A, B) of ``after``'s preparations when each follows each of ``before`` (None: rest at 0 s), and the least."""
        leaving = self.leaving.at(before.clip if before else self.rest)
        least = _shortest_preparation_s(leaving, self.ready.at(after.clip), after.uses)
        free_from = before.after if before else np.zeros(1)
        return _preparation_s(after.preparation[None], after.before[None] - free_from[:, None], least), least

    def transition_worth(self, before: Options | None, after: Options) -> Array:
        """Worth (A, B), negative, of each of ``after`` following each of ``before``; minus infinity where it does not fit."""
        preparation, least = self.preparation_s(before, after)
        cost = 0.15 * np.maximum(0.0, 1.0 - preparation / after.preparation[None]) + 0.05 * least
        if before is not None:
            # Showing the same thing twice in a row reads as a tic; beats are meant to repeat.
            cost += 0.25 * ((before.gesture[:, None] == after.gesture[None]) & ~after.beat[None])
            near = after.before[None] - before.after[:, None] < 2.5
            # Inside a gesture unit hands rarely change: each arm that falls out or joins in costs.
            cost += 0.04 * near * (before.uses[:, None] ^ after.uses[None]).sum(-1)
        return np.where(np.isnan(preparation), -np.inf, -cost)

    def choose(self) -> dict[int, int]:
        """Call -> option, the sequence of greatest worth in which each preparation fits behind the stroke before it."""
        best: list[Array] = []
        back: list[NDArray[np.int64]] = []  # (N, 2): call and option before, -1 for none
        for j, here in enumerate(self.options):
            total = self.transition_worth(None, here)[0] + here.worth
            link = np.full((len(total), 2), -1)
            for i in range(max(0, j - LOOK_BACK), j):
                if not len(best[i]) or not len(total):
                    continue
                through = best[i][:, None] + self.transition_worth(self.options[i], here) + here.worth[None]  # (A, B)
                a = through.argmax(0)
                better = through.max(0) > total
                total = np.where(better, through.max(0), total)
                link[better] = np.stack([np.full_like(a, i), a], -1)[better]
            best.append(total)
            back.append(link)
        ends = [(float(t.max()), j, int(t.argmax())) for j, t in enumerate(best) if len(t) and t.max() > 0.0]
        chosen: dict[int, int] = {}
        j, b = max(ends, key=lambda e: (e[0], -e[1]))[1:] if ends else (-1, -1)
        while j >= 0:
            chosen[j] = b
            j, b = (int(x) for x in back[j][b])
        return chosen


def lattice_of(ordered: Sequence[AnchoredCall], rest: Motion) -> Lattice:
    """The lattice of calls in order of time; ``rest`` is the pose (one frame) that the performance begins with."""
    clips = {c.clip.id: c.clip for a in ordered for c in a.candidates[:MOST_CANDIDATES]}
    gestures = {name: n for n, name in enumerate(sorted({c.gesture for c in clips.values()}))}
    index = {name: n for n, name in enumerate(clips)}
    still = Clip("rest", "rest", rest, SyncPoints(0, 0, 0, 0, 0, 0, 0), Hands.NONE, 1.0, frozenset(), "", "")
    all_clips = [*clips.values(), still]
    return Lattice(
        [_options(a, index, gestures) for a in ordered],
        _poses_at(all_clips, [c.sync.stroke_start for c in all_clips]),
        _poses_at(all_clips, [c.sync.stroke_end for c in all_clips]),
    )
