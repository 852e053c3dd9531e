"""Train the phase segmenter on annotated clips: ``python -m chironomia.evals.train_phases FOLDER -o motion_library/phases.npz``.

FOLDER holds ``clips.jsonl``, a line a clip: ``file`` (BVH), ``name``, ``set``, ``duration_s`` and ``sync`` with the five inner sync
points in seconds. A few minutes on one thread; the same seed gives the same weights on the same machine.
"""
import argparse
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from chironomia.motion_library import phase_net
from chironomia.motion_library.bvh import read_bvh
from chironomia.motion_library.motion import FPS
from chironomia.motion_library.phase_net import POINTS, PhaseNet
from chironomia.motion_library.phases import Convention
from chironomia.motion_library.threads import one_thread

MEMBERS = 3  # networks whose likelihoods are averaged
_EPOCHS, _BATCH, _VARIANTS = 50, 32, 8
_RATE, _DECAY, _DROPOUT = 3e-3, 1e-3, 0.15
_LONGEST_S = 9.0  # longer recordings are no single gesture
_LABEL_S = 0.067  # coders of one clip put one point 0.07 s apart at best
_FRAME_S = 0.02  # an annotated time this near to a margin is the margin
_MARGINS_S = (1 / 3, 1 / 6)  # where annotation by margins puts ``relax`` before the end of the file
_LATE_MARGIN_S = 1 / 3  # and ``ready`` after its beginning, when its strokes leave out the hold


@dataclass(frozen=True)
class AnnotatedClip:
    """A clip's course (F, 6, 3) as the network takes it, and its five inner points as annotated, in seconds."""

    name: str
    group: str
    duration_s: float
    places: Tensor
    times_s: tuple[float, ...]

    @property
    def family(self) -> str:
        """The gesture without performer, posture, hand and number: all its takes are trained on or held out together."""
        return re.sub(r"(Lf|Rt|Bt|Both|Left|Right)?\d*$", "", re.sub(r"^.*?@Idle[A-Za-z]*\d*_?", "", self.name)) or "Idle"

    @property
    def is_annotated(self) -> bool:
        """Whether somebody looked: five points on five frames in a row are what the source's editor starts from."""
        return self.times_s[-1] - self.times_s[0] > 0.2

    @property
    def convention(self) -> Convention:
        """How its coder annotated, told from the folder and from ready and relax alone, never from the stroke."""
        ready, relax = self.times_s[0], self.times_s[-1]
        margin = any(abs(self.duration_s - m - relax) < _FRAME_S for m in _MARGINS_S) or relax > self.duration_s
        if not margin:
            return Convention.WHOLE if self.group == "Gestures" else Convention.PARTED
        return Convention.MARGINS if abs(ready - _LATE_MARGIN_S) < _FRAME_S else Convention.HELD


def read_clips(folder: Path) -> list[AnnotatedClip]:
    """Every clip of ``clips.jsonl`` whose five points are given."""
    clips = []
    for line in (folder / "clips.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if all(row["sync"][point] is not None for point in POINTS):
            places = phase_net.course(read_bvh(folder / row["file"]))
            clips.append(AnnotatedClip(row["name"], row["set"], row["duration_s"], places, tuple(row["sync"][p] for p in POINTS)))
    return clips


def train(clips: Sequence[AnnotatedClip], members: int = MEMBERS, epochs: int = _EPOCHS) -> tuple[PhaseNet, ...]:
    """Networks trained on the clips that are annotated and short enough to be one gesture. ValueError if there is none."""
    usable = [clip for clip in clips if clip.is_annotated and clip.duration_s < _LONGEST_S]
    if not usable:
        raise ValueError(f"expected annotated clips of less than {_LONGEST_S} s, got none in {len(clips)}")
    random = np.random.default_rng(0)
    variants = [[_example(clip, random) for clip in usable] for _ in range(_VARIANTS)]
    told = nn.functional.one_hot(torch.tensor([clip.convention.value for clip in usable]), phase_net.CONVENTIONS).float()
    return tuple(_trained(variants, told, seed, epochs) for seed in range(members))


def _example(clip: AnnotatedClip, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Features (F, 16) and points in frames (5,) at another tempo and size, longer at rest, one time in five without fingers."""
    frames = max(8, round(len(clip.places) * math.exp(random.uniform(-0.25, 0.25))))
    tempo = (frames - 1) / (len(clip.places) - 1)
    course = nn.functional.interpolate(clip.places.flatten(1).T[None], size=frames, mode="linear", align_corners=True)[0].T
    before, after = (int(n) for n in random.integers(0, 20, 2))
    course = torch.cat([course[:1].expand(before, -1), course, course[-1:].expand(after, -1)]).reshape(-1, 6, 3)
    course = course * math.exp(random.normal(0.0, 0.15))
    if random.random() < 0.2:
        course = course[:, [0, 0, 0, 3, 3, 3]]
    seen = phase_net.excursion(course)
    points = torch.tensor(clip.times_s) * FPS * tempo + before - seen.start
    return phase_net.features(course[seen]), points.clamp(0, seen.stop - seen.start - 1)


def _trained(variants: list[list[tuple[Tensor, Tensor]]], told: Tensor, seed: int, epochs: int) -> PhaseNet:
    generator = torch.manual_seed(seed)
    net = PhaseNet(_DROPOUT)
    optimizer = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
    steps = epochs * math.ceil(len(told) / _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    for _ in range(epochs):
        examples = variants[int(torch.randint(len(variants), (1,), generator=generator))]
        for batch in _batches([len(seen) for seen, _ in examples], generator):
            loss = _loss(net, [examples[i] for i in batch], told[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no type for it
            optimizer.step()
            schedule.step()
    return net.eval()


def _batches(lengths: list[int], generator: torch.Generator) -> list[list[int]]:
    """Indices in batches of like length, in random order; lengths within a second count as alike."""
    order = (torch.tensor(lengths) + FPS * torch.rand(len(lengths), generator=generator)).argsort()
    batches = [order[i : i + _BATCH].tolist() for i in range(0, len(order), _BATCH)]
    return [batches[i] for i in torch.randperm(len(batches), generator=generator)]


def _loss(net: PhaseNet, examples: list[tuple[Tensor, Tensor]], told: Tensor) -> Tensor:
    """Cross-entropy against Gaussians around the annotated frames, mean over clips and points."""
    seen = nn.utils.rnn.pad_sequence([features for features, _ in examples], batch_first=True)
    real = nn.utils.rnn.pad_sequence([torch.ones(len(features)) for features, _ in examples], batch_first=True)
    points = torch.stack([points for _, points in examples])  # (B, 5)
    near = torch.exp(-0.5 * ((torch.arange(seen.shape[1]) - points[..., None]) / (_LABEL_S * FPS)) ** 2) * real[:, None]
    wanted = near / near.sum(-1, keepdim=True)
    loss: Tensor = -(wanted * net(seen, told, real)).sum(-1).mean()
    return loss


def main() -> None:
    """Train and write the weights."""
    parser = argparse.ArgumentParser(description="Train the phase segmenter.")
    parser.add_argument("folder", type=Path, help="annotated clips: clips.jsonl and its BVH files")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the weights, an npz of half-precision arrays")
    arguments = parser.parse_args()
    with one_thread():
        nets = train(read_clips(arguments.folder))
    np.savez_compressed(arguments.output, **phase_net.to_arrays(nets))  # type: ignore[arg-type]  # numpy's stub takes the names for flags
    print(f"{len(nets)} networks of {sum(w.numel() for w in nets[0].parameters())} weights -> {arguments.output}")


if __name__ == "__main__":
    main()
