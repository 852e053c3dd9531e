"""Pictures: exact pixels from the rasteriser, and strips and videos of the right size that show something."""
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from chironomia.motion_library import draw, rasterize, rotations, skeleton
from chironomia.motion_library.clip import Clip
from chironomia.motion_library.mannequin import Mannequin, build_mannequin
from chironomia.motion_library.motion import Motion
from chironomia.motion_library.sync import SyncPoints
from chironomia.motion_library.vocabulary import BodyPart, Hands


@pytest.fixture(scope="module")
def mannequin() -> Mannequin:
    return build_mannequin()


@pytest.fixture(scope="module")
def wave() -> Motion:
    """One second in which the left arm goes from a T to hanging."""
    angles = torch.zeros(31, skeleton.JOINTS, 3)
    angles[:, skeleton.INDEX["left_shoulder"], 2] = torch.linspace(0.0, -1.3, 31)
    angles[:, skeleton.INDEX["right_shoulder"], 2] = 1.3
    return Motion(rotations.from_rotvec(angles), torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0]).expand(31, 3))


def triangle(*corners: tuple[float, float, float]) -> torch.Tensor:
    return torch.tensor([corners])


def test_a_triangle_covers_exactly_the_pixels_whose_centres_it_holds() -> None:
    fragments = rasterize.rasterize(triangle((1.0, 1.0, 2.0), (1.0, 5.2, 2.0), (5.2, 1.0, 2.0)), torch.tensor([[0, 1, 2]]), 7, 8)
    y, x = torch.meshgrid(torch.arange(7) + 0.5, torch.arange(8) + 0.5, indexing="ij")
    expected = (x >= 1.0) & (y >= 1.0) & (x + y <= 6.2)
    assert torch.equal(fragments.picture()[0] == 0, expected)
    assert len(fragments.row) == expected.sum()


def test_depth_and_shares_follow_perspective() -> None:
    corners = ((0.0, 0.0, 1.0), (0.0, 8.0, 3.0), (8.0, 0.0, 2.0))
    fragments = rasterize.rasterize(triangle(*corners), torch.tensor([[0, 1, 2]]), 8, 8)
    flat = torch.tensor([1 - 2.5 / 8 - 1.5 / 8, 1.5 / 8, 2.5 / 8])  # of pixel (2, 1) on the picture
    nearness = (flat / torch.tensor([1.0, 3.0, 2.0])).sum()
    (at,) = ((fragments.row == 1) & (fragments.column == 2)).nonzero()[0]
    assert torch.isclose(fragments.depth[at], 1 / nearness)
    assert torch.allclose(fragments.barycentric[at], flat / torch.tensor([1.0, 3.0, 2.0]) / nearness)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_the_nearer_triangle_hides_the_farther(order: list[int]) -> None:
    far = [(0.0, 0.0, 4.0), (0.0, 20.0, 4.0), (20.0, 0.0, 4.0)]
    near = [(0.0, 0.0, 3.99), (0.0, 4.0, 3.99), (4.0, 0.0, 3.99)]
    faces = torch.tensor([[0, 1, 2], [3, 4, 5]])[order]
    seen = rasterize.rasterize(triangle(*far, *near), faces, 8, 8).picture()[0]
    assert seen[0, 0] == order.index(1)
    assert seen[4, 4] == order.index(0)


def test_backs_and_triangles_behind_the_viewer_are_not_drawn() -> None:
    front = [(0.0, 0.0, 1.0), (0.0, 8.0, 1.0), (8.0, 0.0, 1.0)]
    assert (rasterize.rasterize(triangle(*front), torch.tensor([[0, 2, 1]]), 4, 4).picture() == rasterize.NOTHING).all()
    behind = [(x, y, -1.0) for x, y, _ in front]
    assert (rasterize.rasterize(triangle(*behind), torch.tensor([[0, 1, 2]]), 4, 4).picture() == rasterize.NOTHING).all()


def test_two_triangles_that_share_an_edge_leave_no_hole() -> None:
    points = torch.rand(1, 400, 2, generator=torch.Generator().manual_seed(3)) * 1e-3
    grid = torch.stack(torch.meshgrid(torch.linspace(-3, 103, 20), torch.linspace(-3, 83, 20), indexing="ij"), -1).reshape(1, 400, 2)
    corners = torch.cat([grid + 1e3 * points * 2.0, torch.full((1, 400, 1), 2.0)], -1)
    i = torch.arange(400).view(20, 20)[:-1, :-1].flatten()
    faces = torch.cat([torch.stack([i, i + 1, i + 20], -1), torch.stack([i + 1, i + 21, i + 20], -1)])
    assert (rasterize.rasterize(corners, faces, 80, 100).picture() != rasterize.NOTHING).all()


def test_the_target_of_a_camera_is_in_the_middle_of_its_picture() -> None:
    camera = rasterize.Camera((1.0, 2.0, 5.0), (0.0, 1.0, 0.0), 30.0)
    assert torch.allclose(camera.project(torch.tensor([[0.0, 1.0, 0.0]]), 60, 40)[0, :2], torch.tensor([20.0, 30.0]), atol=1e-4)


def test_the_body_is_seen_from_the_front_with_its_left_hand_on_the_right(wave: Motion) -> None:
    camera = draw.camera(wave.positions(), "front", "upper", 1.0)
    left, right = (camera.project(wave.positions()[0, skeleton.INDEX[f"{side}_wrist"]], 100, 100) for side in ("left", "right"))
    assert left[0] > right[0]


@pytest.mark.parametrize("view", list(draw.View))
@pytest.mark.parametrize("framing", list(draw.Framing))
def test_hands_and_head_stay_in_the_picture(wave: Motion, view: draw.View, framing: draw.Framing) -> None:
    positions = wave.positions()
    at = draw.camera(positions, view, framing, 0.8).project(positions, 100, 80)[..., :2]
    seen = [i for i, name in enumerate(skeleton.JOINT_NAMES) if framing == "full" or not any(k in name for k in ("knee", "ankle", "foot"))]
    assert (at[:, seen] >= 0).all()
    assert (at[:, seen] <= torch.tensor([80.0, 100.0])).all()


def test_a_film_strip_has_a_row_for_each_view_and_a_column_for_each_moment(wave: Motion, mannequin: Mannequin) -> None:
    strip = draw.film_strip(wave, [0.0, 0.5, 1.0], views=("front", "side"), tile=(60, 80), title="wave", mannequin=mannequin)
    plain = draw.film_strip(wave, [0.0, 0.5, 1.0], views=("front",), tile=(60, 80), mannequin=mannequin, trail_s=0.0)
    assert strip.width == plain.width == 180
    assert strip.height > plain.height + 80 > 160
    for column in range(3):
        tile = np.asarray(plain)[:80, column * 60 : (column + 1) * 60]
        assert tile.std() > 20


def test_the_trail_is_drawn_where_the_hand_has_been(wave: Motion, mannequin: Mannequin) -> None:
    options = {"views": ("front",), "tile": (120, 120), "mannequin": mannequin}
    with_trail, without = (np.asarray(draw.film_strip(wave, [0.5], trail_s=s, **options)).astype(int) for s in (0.4, 0.0))  # type: ignore[arg-type]
    changed = np.abs(with_trail - without).sum(-1) > 60
    camera = draw.camera(wave.positions(), "front", "upper", 1.0)
    hand = wave.sample(torch.tensor([0.4])).positions()[0, skeleton.INDEX["left_middle1"]]
    x, y = camera.project(hand, 120, 120)[:2].round().int().tolist()
    assert changed[y - 3 : y + 4, x - 3 : x + 4].any()
    assert changed.mean() < 0.1


def test_labels_must_match_the_moments(wave: Motion, mannequin: Mannequin) -> None:
    with pytest.raises(ValueError, match="2 moments and 1 labels"):
        draw.film_strip(wave, [0.0, 0.5], labels=["one"], mannequin=mannequin)
    with pytest.raises(ValueError, match="0 moments"):
        draw.film_strip(wave, [], mannequin=mannequin)


def test_sync_points_that_fall_together_share_a_picture(wave: Motion, mannequin: Mannequin) -> None:
    sync = SyncPoints(0.0, 0.3, 0.33, 0.5, 0.6, 0.61, 1.0)
    clip = Clip("wave-l", "wave", wave, sync, Hands.LEFT, 1.0, frozenset({BodyPart.LEFT_ARM}), "test", "Apache-2.0")
    assert draw.strip_of_clip(clip, mannequin=mannequin, tile=(40, 50)).width == 5 * 40


def test_a_picture_is_saved_whole_or_not_at_all(tmp_path: Path) -> None:
    draw.save_png(Image.new("RGB", (4, 4)), tmp_path / "a.png")
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    with Image.open(tmp_path / "a.png") as saved:
        assert saved.size == (4, 4)
    with pytest.raises(FileNotFoundError):
        draw.save_png(Image.new("RGB", (4, 4)), tmp_path / "missing" / "a.png")


def test_a_video_holds_every_frame(wave: Motion, mannequin: Mannequin, tmp_path: Path) -> None:
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    told: list[tuple[int, int]] = []
    short = Motion(wave.rotations[:9], wave.translation[:9])
    draw.video(short, tmp_path / "a.mp4", size=(64, 80), mannequin=mannequin, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (9, 9)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))[0] == 9


def test_video_without_ffmpeg_says_what_to_install(wave: Motion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ModuleNotFoundError, match=r"chironomia\[video\]"):
        draw.video(wave, tmp_path / "a.mp4")
