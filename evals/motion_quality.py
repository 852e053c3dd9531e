"""What can be measured of a motion by itself: speeds, accelerations, limits, planted feet, passing through itself.

``python -m chironomia.evals.motion_quality TEXT.txt [--seed N] [--captured FOLDER]`` performs a text and prints its speeds and those of a
silent listener beside a real conversation's and, with a folder of captured BVH takes, beside those of its takes that stand.
"""
import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from chironomia.agent.pipeline import open_library, perform
from chironomia.generators.base_layer import base_layer
from chironomia.generators.rhythm import Rhythm
from chironomia.generators.score import Score
from chironomia.motion_library import rotations, skeleton
from chironomia.motion_library.bvh import read_bvh
from chironomia.motion_library.capsules import penetration
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.threads import one_thread

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "arms": ("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    "head": ("neck", "head"),
    "torso": ("spine1", "spine2", "spine3"),
    "fingers": tuple(n for n in skeleton.JOINT_NAMES if n[-1] in "123" and "spine" not in n),
    "legs": ("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
}
GROUPS: Mapping[str, list[int]] = {name: [skeleton.INDEX[j] for j in joints] for name, joints in _GROUPS.items()}

STANDS_M = 0.03  # who moves neither ankle farther than this from where it was first stands: neither walks nor steps

# One minute of real conversational motion capture, SMPL-X at 30 fps: angular speed (rad/s) and acceleration (rad/s²), p50/p95/p99.9.
REAL_SPEED = {
    "arms": (0.75, 3.2, 8.0), "head": (0.27, 0.66, 1.6), "torso": (0.13, 0.43, 1.3), "fingers": (0.57, 2.2, 6.1), "legs": (0.29, 1.6, 4.2),
}  # fmt: skip


def angular_velocity(motion: Motion) -> Tensor:
    """Velocity of each joint against its parent (F-1, 55, 3), rad/s; empty for one frame."""
    steps = rotations.multiply(rotations.inverse(motion.rotations[:-1]), motion.rotations[1:])
    return rotations.to_rotvec(steps) * motion.fps


def angular_acceleration(motion: Motion) -> Tensor:
    """Size of each joint's angular acceleration (F-2, 55), rad/s²; empty for fewer than three frames."""
    change: Tensor = angular_velocity(motion).diff(dim=0).norm(dim=-1)
    return change * motion.fps


def percentiles(values: Tensor, joints: list[int]) -> tuple[float, float, float]:
    """p50, p95 and p99.9 of values (F, 55) over frames and the given joints."""
    flat = values[:, joints].flatten().double()
    return tuple(float(x) for x in torch.quantile(flat, torch.tensor([0.5, 0.95, 0.999], dtype=torch.float64)))  # type: ignore[return-value]


def foot_slide_m(motion: Motion) -> float:
    """The farthest any foot point that stands on the ground moves along it while it stands, metres.

    A point stands while it is within 3 cm of its lowest height; a motion without standing feet has slide 0.
    """
    feet = motion.positions()[:, [skeleton.INDEX[n] for n in ("left_ankle", "right_ankle", "left_foot", "right_foot")]]  # (F, 4, 3)
    stands = feet[..., 1] < feet[..., 1].amin(0) + 0.03
    # Each run of standing frames has its own number; its slide is the extent of its frames along the ground.
    run = (stands.int().diff(dim=0, prepend=torch.zeros_like(stands[:1]).int()) == 1).cumsum(0)
    worst = 0.0
    for foot in range(feet.shape[1]):
        count = int(run[-1, foot]) + 1
        for axis in (0, 2):
            at = feet[stands[:, foot], foot, axis]
            group = run[stands[:, foot], foot]
            low = torch.full((count,), torch.inf).scatter_reduce(0, group, at, "amin")
            high = torch.full((count,), -torch.inf).scatter_reduce(0, group, at, "amax")
            spread = (high - low)[torch.isfinite(high - low)]
            worst = max(worst, float(spread.max()) if spread.numel() else 0.0)
    return worst


@dataclass(frozen=True)
class MotionQuality:
    """One motion, measured. Percentiles are p50, p95, p99.9 a body group; shares are of frames."""

    speed: dict[str, tuple[float, float, float]]
    acceleration: dict[str, tuple[float, float, float]]
    limit_excess_deg: float
    foot_slide_m: float
    penetrating_share: float


def measure(motion: Motion) -> MotionQuality:
    """Measure a motion of at least three frames."""
    if motion.frames < 3:
        raise ValueError(f"a motion needs at least 3 frames to be measured, got {motion.frames}")
    speed, acceleration = angular_velocity(motion).norm(dim=-1), angular_acceleration(motion)
    positions, world = skeleton.forward_kinematics(motion.rotations, motion.translation)
    depth = penetration(positions, world)
    return MotionQuality(
        speed={name: percentiles(speed, joints) for name, joints in GROUPS.items()},
        acceleration={name: percentiles(acceleration, joints) for name, joints in GROUPS.items()},
        limit_excess_deg=float(torch.rad2deg(skeleton.limit_excess(motion.rotations).max())),
        foot_slide_m=foot_slide_m(motion),
        penetrating_share=float((depth > 0).any(-1).float().mean()),
    )


def stroke_offsets_s(score: Score) -> list[float]:
    """Apex less onset of the anchor's stressed vowel, seconds, for every placement."""
    return [p.sync.stroke - score.words[p.call.anchor].stress for p in score.placements]


def stands(motion: Motion) -> bool:
    """Whether both ankles stay within 3 cm of where they are first: so walking is left out where standing people are compared."""
    ankles = motion.positions()[:, [skeleton.INDEX["left_ankle"], skeleton.INDEX["right_ankle"]]]
    return bool((ankles - ankles[0]).norm(dim=-1).max() < STANDS_M)


def speeds_of(motions: list[Motion]) -> dict[str, tuple[float, float, float]]:
    """p50, p95 and p99.9 of the angular speeds of all motions together, a body group, rad/s."""
    speed = torch.cat([angular_velocity(m).norm(dim=-1) for m in motions])
    return {name: percentiles(speed, joints) for name, joints in GROUPS.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Angular speeds of a performed text and of a listener, rad/s, p50 / p95 / p99.9.")
    parser.add_argument("text", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--captured", type=Path, metavar="FOLDER", help="captured takes (BVH); those that stand are compared")
    arguments = parser.parse_args()
    with one_thread():
        made = perform(arguments.text.read_text(encoding="utf-8"), library=open_library(None), seed=arguments.seed).motion
        silence = Rhythm(torch.zeros(1800), 30.0, (), (), 0.0)
        columns = {"performed": speeds_of([made]), "a minute's listener": speeds_of([base_layer(silence, 1800, 30.0, arguments.seed)])}
        columns["conversation"] = dict(REAL_SPEED)
        if arguments.captured:
            standing = [m for path in sorted(arguments.captured.rglob("*.bvh")) if stands(m := read_bvh(path))]
            columns[f"{len(standing)} takes that stand"] = speeds_of(standing)
    print("part     " + "".join(f"{title:>26}" for title in columns))
    for group in GROUPS:
        print(f"{group:9}" + "".join(f"{' / '.join(f'{v:.2f}' for v in speeds[group]):>26}" for speeds in columns.values()))


if __name__ == "__main__":
    main()
