"""npz: our files come back exactly, both families of readers find their keys, and broken files say what is wrong."""
import io

import numpy as np
import pytest
import torch

from chironomia.motion_library import npz, rotations, skeleton
from chironomia.motion_library.motion import Motion


@pytest.fixture
def moving() -> Motion:
    generator = torch.Generator().manual_seed(1)
    rotvec = torch.randn(9, skeleton.JOINTS, 3, generator=generator) * 0.4
    rotvec[:, 0] = 0.0
    place = torch.randn(9, 3, generator=generator) * 0.1 + torch.tensor([0.0, skeleton.PELVIS_HEIGHT_M, 0.0])
    return Motion(rotations.from_rotvec(rotvec), place, fps=30.0)


def apart(p: torch.Tensor, q: torch.Tensor) -> float:
    return float(rotations.to_rotvec(rotations.multiply(rotations.inverse(p.double()), q.double())).norm(dim=-1).max())


def written(motion: Motion, path) -> dict[str, np.ndarray]:
    npz.write_npz(motion, path)
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def test_a_motion_comes_back_exactly(tmp_path, moving):
    npz.write_npz(moving, tmp_path / "a.npz")
    again = npz.read_npz(tmp_path / "a.npz")
    assert again.fps == moving.fps
    assert torch.equal(again.translation, moving.translation)
    assert apart(again.rotations, moving.rotations) < 1e-6


def test_the_same_motion_gives_the_same_bytes(tmp_path, moving):
    npz.write_npz(moving, tmp_path / "a.npz")
    npz.write_npz(moving, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_readers_of_beat2_find_their_keys(tmp_path, moving):
    data = written(moving, tmp_path / "a.npz")
    assert {key: data[key].shape for key in ("betas", "poses", "expressions", "trans")} == {
        "betas": (300,), "poses": (9, 165), "expressions": (9, 100), "trans": (9, 3),
    }  # fmt: skip
    assert (str(data["model"]), str(data["gender"]), int(data["mocap_frame_rate"])) == ("smplx2020", "neutral", 30)


def test_readers_of_amass_find_their_keys(tmp_path, moving):
    data = written(moving, tmp_path / "a.npz")
    parts = [data[key] for key in ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand")]
    np.testing.assert_array_equal(np.concatenate(parts, 1), data["poses"])
    assert [part.shape[1] for part in parts] == [3, 63, 3, 6, 90]
    assert (str(data["surface_model_type"]), float(data["mocap_framerate"]), int(data["num_betas"])) == ("smplx", 30.0, 300)
    assert float(data["mocap_time_length"]) == pytest.approx(0.3)


def test_trans_plus_the_models_rest_pelvis_is_our_pelvis(tmp_path, moving):
    data = written(moving, tmp_path / "a.npz")
    np.testing.assert_allclose(data["trans"] + data["pelvis_rest"], moving.translation.numpy(), atol=1e-12)


def amass(motion: Motion, width: int, z_up: bool) -> dict[str, np.ndarray]:
    poses = rotations.to_rotvec(motion.rotations.double())
    place = motion.translation.double() - torch.tensor(npz.PELVIS_REST_M, dtype=torch.float64)
    if z_up:
        turn = rotations.from_rotvec(torch.tensor([torch.pi / 2, 0.0, 0.0], dtype=torch.float64))
        poses[:, 0] = rotations.to_rotvec(rotations.multiply(turn, motion.rotations[:, 0].double()))
        place = rotations.rotate(turn, motion.translation.double()) - torch.tensor(npz.PELVIS_REST_M, dtype=torch.float64)
    flat = poses.flatten(1).numpy()
    if width == 156:
        flat = np.delete(flat, slice(66, 75), axis=1)
    return {"poses": flat, "trans": place.numpy(), "betas": np.zeros(16), "gender": np.array("male"), "mocap_framerate": np.array(120.0)}


@pytest.mark.parametrize("z_up", [False, True])
@pytest.mark.parametrize("width", [156, 165])
def test_an_amass_file_stands_upright_on_the_ground_and_moves_as_it_did(tmp_path, moving, width, z_up):
    if width == 156:
        still = moving.rotations.clone()
        still[:, 22:25] = rotations.identity()
        moving = Motion(still, moving.translation, moving.fps)
    np.savez(tmp_path / "a.npz", **amass(moving, width, z_up))
    again = npz.read_npz(tmp_path / "a.npz")
    assert again.fps == 120.0
    assert apart(again.rotations, moving.rotations) < 1e-5
    shift = again.translation - moving.translation
    torch.testing.assert_close(shift, shift[:1].expand_as(shift), atol=1e-5, rtol=0)
    torch.testing.assert_close(shift[0, [0, 2]], torch.zeros(2), atol=1e-5, rtol=0)


def test_a_still_standing_body_of_another_shape_is_put_on_the_ground(tmp_path):
    tall = Motion(rotations.identity(2, skeleton.JOINTS), torch.tensor([[0.0, 1.2, 0.0]] * 2))
    np.savez(tmp_path / "a.npz", **amass(tall, 165, False))
    assert float(npz.read_npz(tmp_path / "a.npz").translation[0, 1]) == pytest.approx(skeleton.PELVIS_HEIGHT_M, abs=0.002)


def test_a_file_with_its_pose_in_parts_is_read(tmp_path, moving):
    data = written(moving, tmp_path / "a.npz")
    del data["poses"]
    np.savez(tmp_path / "b.npz", **data)
    assert apart(npz.read_npz(tmp_path / "b.npz").rotations, moving.rotations) < 1e-6


def broken(**change: object) -> bytes:
    data: dict[str, object] = {"poses": np.zeros((3, 165)), "trans": np.zeros((3, 3)), "mocap_frame_rate": np.array(30)}
    data |= change
    out = io.BytesIO()
    np.savez(out, **{key: value for key, value in data.items() if value is not None})
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "zip archive"),
        (b"a picture, perhaps", "zip archive"),
        (broken()[:-40], "zip archive"),
        (broken(poses=None), "root_orient"),
        (broken(trans=None), "trans"),
        (broken(mocap_frame_rate=None), "mocap_frame_rate"),
        (broken(mocap_frame_rate=np.array(0)), "positive frame rate"),
        (broken(poses=np.zeros((3, 72))), "SMPL-X"),
        (broken(poses=np.zeros((0, 165)), trans=np.zeros((0, 3))), "F > 0"),
        (broken(trans=np.zeros((2, 3))), "trans"),
        (broken(trans=np.full((3, 3), np.nan)), "NaN"),
        (broken(poses=np.array([["a"]])), "numbers"),
        (broken(poses=np.array([{}], dtype=object)), "pickle"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_is_wrong(tmp_path, content, says):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=says):
        npz.read_npz(tmp_path / "a.npz")
