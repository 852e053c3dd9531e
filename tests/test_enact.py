"""Enacting many takes at once: the same motion as one by one."""
import torch

from chironomia.motion_library.build import bundled_gestures
from chironomia.motion_library.compile import compile_gesture, compile_gestures
from chironomia.motion_library.notation import load_notation


def test_gestures_compiled_together_move_as_those_compiled_one_by_one() -> None:
    names = ("count-three", "wave", "nod-yes", "weigh")
    notations = [load_notation(bundled_gestures() / f"{name}.yaml") for name in names]
    together = [clip for gesture in compile_gestures(notations) for clip in gesture.clips]
    alone = [clip for notation in notations for clip in compile_gesture(notation).clips]
    for one, other in zip(together, alone, strict=True):
        assert one.id == other.id
        assert one.sync == other.sync
        assert torch.allclose(one.motion.rotations, other.motion.rotations, atol=1e-4), one.id
