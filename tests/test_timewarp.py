import torch

from chironomia.generators.timewarp import warp

CLIP = torch.tensor([[0.0, 0.4, 0.4, 0.7, 0.8, 1.2, 2.0]])


def test_equal_sync_points_leave_time_alone() -> None:
    times = torch.linspace(0.0, 2.0, 81)[None]
    assert float((warp(times, CLIP, CLIP) - times).abs().max()) < 3e-3


def test_sync_points_meet_each_other() -> None:
    performance = torch.tensor([[5.0, 5.3, 5.35, 5.6, 5.75, 6.9, 7.5]])
    assert torch.allclose(warp(performance, performance, CLIP), CLIP, atol=4e-3)


def test_clip_time_never_runs_backwards_and_is_held_outside() -> None:
    performance = torch.tensor([[1.0, 1.2, 1.2, 1.6, 1.6, 3.0, 3.4]])
    times = torch.linspace(0.0, 5.0, 501)[None]
    clip = warp(times, performance, CLIP)
    assert float(clip.diff().min()) >= -1e-6
    assert float(clip[0, 0]) == 0.0
    assert float(clip[0, -1]) == 2.0


def test_a_long_hold_stands_nearly_still() -> None:
    clip_s = torch.tensor([[0.0, 0.4, 0.4, 0.7, 0.8, 0.8, 1.6]])
    performance = torch.tensor([[0.0, 0.4, 0.4, 0.7, 0.8, 2.8, 3.6]])
    inside = warp(torch.linspace(1.0, 2.6, 50)[None], performance, clip_s)
    assert float(inside.max() - inside.min()) < 2e-3


def test_speed_changes_without_a_jump() -> None:
    performance = CLIP * torch.tensor([[1.0, 1.4, 1.4, 1.1, 1.1, 1.2, 1.0]])
    times = torch.linspace(0.0, 2.0, 2001)[None]
    speed = warp(times, performance, CLIP).diff() * 1000.0
    # Only the millisecond edges of empty intervals may change speed quickly; elsewhere it moves by little per millisecond.
    assert float(speed.diff().abs().flatten().sort().values[-30]) < 0.05
