"""An exact z-buffer rasteriser in batched torch, and the light that makes a mesh look like a body. No display is needed.

Every triangle's rows, then every row's pixels, are enumerated as fragments in two vectorised steps; the nearest fragment
of each pixel wins by a scatter-minimum over 64-bit keys (depth in the high half, triangle in the low). The same code runs
on CUDA.
"""
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

NOTHING = -1  # triangle index of a pixel that shows none
_EMPTY = torch.iinfo(torch.int64).max
_SEAM_PX = 1e-4  # both triangles of a shared edge claim its pixels, so that rounding leaves no hole between them


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: ``eye`` and ``target`` in metres, ``fov_deg`` the vertical field of view; Y is up."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    fov_deg: float

    def basis(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Rows right, up, forward (3, 3) and the eye (3,)."""
        eye, target = like.new_tensor(self.eye), like.new_tensor(self.target)
        forward = functional.normalize(target - eye, dim=0)
        right = functional.normalize(torch.linalg.cross(forward, like.new_tensor([0.0, 1.0, 0.0])), dim=0)
        return torch.stack([right, torch.linalg.cross(right, forward), forward]), eye

    def focal_px(self, height: int) -> float:
        return 0.5 * height / float(torch.tan(torch.deg2rad(torch.tensor(self.fov_deg / 2))))

    def project(self, points: Tensor, height: int, width: int) -> Tensor:
        """World points (..., 3) in metres to (x, y, depth): pixels from the top left corner, metres along the view."""
        basis, eye = self.basis(points)
        seen = (points - eye) @ basis.T
        depth = seen[..., 2:]
        scale = self.focal_px(height) / depth
        centre = points.new_tensor([width / 2, height / 2])
        return torch.cat([centre + seen[..., :2] * scale * points.new_tensor([1.0, -1.0]), depth], -1)


@dataclass(frozen=True)
class Fragments:
    """What is seen in pictures of ``shape`` (F, H, W), for the K pixels that show something, picture by picture and row by row.

    ``frame``, ``row``, ``column`` (K,) say which pixel, ``triangle`` (K,) what it shows; ``barycentric`` (K, 3) shares of its
    corners in space; ``depth`` (K,) metres.
    """

    shape: tuple[int, int, int]
    frame: Tensor
    row: Tensor
    column: Tensor
    triangle: Tensor
    barycentric: Tensor
    depth: Tensor

    def picture(self) -> Tensor:
        """The triangle at every pixel (F, H, W), NOTHING where none is."""
        seen = self.triangle.new_full(self.shape, NOTHING)
        seen[self.frame, self.row, self.column] = self.triangle
        return seen


def rasterize(projected: Tensor, faces: Tensor, height: int, width: int) -> Fragments:
    """The nearest triangle at every pixel centre, of vertices (F, V, 3) from :meth:`Camera.project` and faces (N, 3).

    Triangles whose corners run clockwise on the picture show their back and are left out, as are those with a corner
    behind the camera (depth under 1 cm).
    """
    frames, count = projected.shape[0], faces.shape[0]
    corners = projected[:, faces].flatten(0, 1).permute(2, 1, 0)  # (x y depth, corner, F N): long rows are what torch is fast at
    shown = _shown(corners, height, width)
    corners = corners[..., shown]  # (x y depth, corner, T)
    triangle, pixel_x, pixel_y = _covered(corners[:2], height, width)
    constant, per_x, per_y, least, greatest = _inverse_depth(corners)[:, triangle]  # (K,) each
    nearness = constant + per_x * (pixel_x + 0.5) + per_y * (pixel_y + 0.5)
    nearness = torch.minimum(torch.maximum(nearness, least), greatest)
    depth = nearness.float().reciprocal().view(torch.int32).long()  # positive floats are ordered as their bits are
    keys = torch.full((frames * height * width,), _EMPTY, dtype=torch.int64, device=projected.device)
    first = shown // count * (height * width)
    keys.scatter_reduce_(0, first[triangle] + pixel_y * width + pixel_x, (depth << 32) | triangle, "amin")
    return _resolve(keys.view(frames, height, width), corners, shown % count)


def _shown(corners: Tensor, height: int, width: int) -> Tensor:
    """The triangles (T,) that show their front, before the camera and within the picture."""
    (x0, x1, x2), (y0, y1, y2), _ = corners.unbind(0)
    front = (x1 - x0) * (y2 - y0) < (y1 - y0) * (x2 - x0)  # Y runs down the picture
    least, greatest = corners.amin(1), corners.amax(1)
    inside = (greatest[0] > 0) & (least[0] < width) & (greatest[1] > 0) & (least[1] < height)
    kept: Tensor = front & inside & (least[2] > 0.01)
    return kept.nonzero()[:, 0]


def _covered(xy: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Every (triangle, x, y) with the centre of pixel (x, y) in a triangle (xy, corner, T): first rows, then spans."""
    top, bottom = xy[1].amin(0), xy[1].amax(0)
    row, y = _expanded((top - 0.5).ceil().clamp(0, height), (bottom - 0.5).floor().clamp(-1, height - 1))
    x, start_y = xy
    run_x, run_y = xy.roll(-1, 1) - xy
    slope = run_x / torch.where(run_y == 0, 1.0, run_y)
    # An edge that runs down the picture bounds from the left, one that runs up from the right, a level one not at all.
    left_x, right_x = torch.where(run_y > 0, x, -torch.inf), torch.where(run_y < 0, x, torch.inf)
    left_x, right_x, start_y, slope = torch.stack([left_x, right_x, start_y, slope])[..., row]  # (edge, R) each
    aside = slope * (y + 0.5 - start_y)
    left, right = (left_x + aside).amax(0), (right_x + aside).amin(0)
    span, x = _expanded((left - 0.5 - _SEAM_PX).ceil().clamp(0, width), (right - 0.5 + _SEAM_PX).floor().clamp(-1, width - 1))
    return row[span], x, y[span]


def _expanded(first: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
    """For each interval of whole numbers first..last (N,): its index (K,), repeated for each of its numbers (K,)."""
    first = first.long()
    counts = (last.long() - first + 1).clamp_min(0)
    index = torch.repeat_interleave(counts)
    step = torch.arange(len(index), device=first.device) - (counts.cumsum(0) - counts)[index]
    return index, first[index] + step


def _inverse_depth(corners: Tensor) -> Tensor:
    """1 / depth as a plane over the picture (5, T): constant, per x, per y, least, greatest. Depth itself is not linear there."""
    x, y, nearness = corners[0], corners[1], 1.0 / corners[2]
    (dx1, dx2), (dy1, dy2), (dn1, dn2) = ((v[1] - v[0], v[2] - v[0]) for v in (x, y, nearness))
    area = dx1 * dy2 - dx2 * dy1
    area = torch.where(area == 0, torch.ones_like(area), area)
    per_x, per_y = (dn1 * dy2 - dn2 * dy1) / area, (dx1 * dn2 - dx2 * dn1) / area
    return torch.stack([nearness[0] - per_x * x[0] - per_y * y[0], per_x, per_y, nearness.amin(0), nearness.amax(0)])


def _resolve(keys: Tensor, corners: Tensor, names: Tensor) -> Fragments:
    """Unpack the winning triangles, which are called ``names`` (T,), and find where in them the pixel centres lie."""
    frame, row, column = (keys != _EMPTY).nonzero(as_tuple=True)
    winner = keys[frame, row, column] & 0xFFFFFFFF
    x, y, depth = corners[..., winner]  # (corner, K) each
    x, y = x - (column + 0.5), y - (row + 0.5)
    areas = x.roll(-1, 0) * y.roll(1, 0) - x.roll(1, 0) * y.roll(-1, 0)  # twice the triangle opposite to each corner
    shares = (areas / areas.sum(0)).clamp(0.0, 1.0) / depth
    seen_depth = 1.0 / shares.sum(0)
    frames, height, width = keys.shape
    return Fragments((frames, height, width), frame, row, column, names[winner], (shares * seen_depth).T, seen_depth)


_BACKGROUND = (0.955, 0.96, 0.965)
_GROUND = (0.90, 0.905, 0.91)
# Directions towards the lights in the camera's frame (right, up, towards the viewer), and their strengths.
_KEY, _KEY_STRENGTH = (-0.55, 0.65, 0.60), 0.72
_FILL, _FILL_STRENGTH = (0.80, 0.10, 0.50), 0.20
_RIM_STRENGTH = 0.22
_AMBIENT_UP, _AMBIENT_DOWN = 0.44, 0.24
_WRAP = 0.25  # how far light wraps around the body: softer shadows
_HALO_PER_M, _HALO_FROM_M = 2.8, 0.012  # darkening, and the step in depth below which there is none: a face keeps its features
_COARSE = 4  # by how much smaller than the picture smooth things are computed


def render(
    vertices: Tensor, normals: Tensor, faces: Tensor, colors: Tensor, camera: Camera, height: int, width: int,
    *, feet: Tensor | None = None, samples: int = 2,
) -> Tensor:  # fmt: skip
    """Pictures (F, H, W, 3) in 0-1 of meshes (F, V, 3) with unit normals (F, V, 3), faces (N, 3) and colours (V, 3).

    ``feet`` (F, K, 3): points in metres that cast a soft shadow on the ground Y = 0. ``samples`` squared samples a pixel.
    """
    frames, tall, wide = len(vertices), height * samples, width * samples
    fragments = rasterize(camera.project(vertices, tall, wide), faces, tall, wide)
    frame, row, column = fragments.frame, _divided(fragments.row, samples), _divided(fragments.column, samples)
    # Light is computed at the vertices, of which there are fewer than pixels; the normals are smooth enough for it.
    lit = (colors * _light(normals, vertices, camera)[..., None]).clamp(0.0, 1.0)  # (F, V, 3)
    corner = faces[fragments.triangle] + (frame * vertices.shape[1])[:, None]  # (K, 3)
    color = functional.embedding_bag(corner, lit.flatten(0, 1), per_sample_weights=fragments.barycentric.contiguous(), mode="sum")
    color = color * _halo(fragments.depth, frame, row, column, (frames, height, width))[:, None]
    share = torch.cat([color, torch.ones_like(color[:, :1])], -1) / samples**2
    body = share.new_zeros(frames * height * width, 4).index_add_(0, (frame * height + row) * width + column, share)
    body = body.view(frames, height, width, 4)
    return body[..., :3] + (1.0 - body[..., 3:]) * _ground(vertices, feet, camera, height, width)


def lighting() -> dict[str, object]:
    """The lights and the background, for others who draw the same body: directions in the camera's frame, strengths, sRGB in 0-1."""
    return {
        "key": _KEY, "key_strength": _KEY_STRENGTH, "fill": _FILL, "fill_strength": _FILL_STRENGTH, "rim_strength": _RIM_STRENGTH,
        "ambient_up": _AMBIENT_UP, "ambient_down": _AMBIENT_DOWN, "wrap": _WRAP, "background": _BACKGROUND,
    }  # fmt: skip


def _divided(index: Tensor, by: int) -> Tensor:
    """Whole numbers (K,) >= 0 divided and rounded down; ``//`` looks at signs and takes three times as long."""
    return torch.div(index, by, rounding_mode="trunc")


def _light(normal: Tensor, point: Tensor, camera: Camera) -> Tensor:
    """Brightness (F, V) of surface points: key, fill and rim lights that travel with the camera, and light from above."""
    basis, eye = camera.basis(normal)
    seen = normal @ (basis * normal.new_tensor([[1.0], [1.0], [-1.0]])).T  # right, up, towards the viewer
    key = functional.normalize(normal.new_tensor(_KEY), dim=0)
    fill = functional.normalize(normal.new_tensor(_FILL), dim=0)
    facing = (normal * functional.normalize(eye - point, dim=-1)).sum(-1).clamp(0.0, 1.0)
    wrapped = ((seen @ key + _WRAP) / (1.0 + _WRAP)).clamp_min(0.0)
    ambient = _AMBIENT_DOWN + (_AMBIENT_UP - _AMBIENT_DOWN) * (0.5 + 0.5 * normal[..., 1])
    rim = (1.0 - facing) ** 4 * (0.5 + 0.5 * normal[..., 1])
    return ambient + _KEY_STRENGTH * wrapped + _FILL_STRENGTH * (seen @ fill).clamp_min(0.0) + _RIM_STRENGTH * rim


def _halo(depth: Tensor, frame: Tensor, row: Tensor, column: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Darkening (K,) of points behind nearer things, so that a hand stands out before the chest.

    Unsharp masking of the depth buffer (Luft, Colditz & Deussen 2006, ACM TOG 25:1206), blurred over 3 % of the picture's
    height at a quarter of its size. The background counts as far as the farthest flesh.
    """
    frames, height, width = shape
    tall, wide = -(-height // _COARSE), -(-width // _COARSE)
    cell = (frame * tall + _divided(row, _COARSE)) * wide + _divided(column, _COARSE)
    coarse = depth.new_full((frames * tall * wide,), float(depth.max()) if len(depth) else 0.0)
    soft = coarse.scatter_reduce(0, cell, depth, "amin").view(frames, 1, tall, wide)
    radius = max(1, height // (80 * _COARSE))
    for kernel, padding in (((2 * radius + 1, 1), (radius, 0)), ((1, 2 * radius + 1), (0, radius))) * 2:
        soft = functional.avg_pool2d(soft, kernel, stride=1, padding=padding, count_include_pad=False)
    smooth = functional.interpolate(soft, (height, width), mode="bilinear")[:, 0]
    return 1.0 - _HALO_PER_M * (depth - smooth.flatten()[(frame * height + row) * width + column] - _HALO_FROM_M).clamp(0.0, 0.1)


def _ground(vertices: Tensor, feet: Tensor | None, camera: Camera, height: int, width: int) -> Tensor:
    """The floor and the wall behind it (F, H, W, 3), with soft shadows under the feet; made small and enlarged, for it is smooth."""
    small = _floor(vertices, feet, camera, -(-height // _COARSE), -(-width // _COARSE))
    return functional.interpolate(small.movedim(-1, 1), (height, width), mode="bilinear").movedim(1, -1)


def _floor(vertices: Tensor, feet: Tensor | None, camera: Camera, height: int, width: int) -> Tensor:
    basis, eye = camera.basis(vertices)
    focal = camera.focal_px(height)
    y, x = torch.meshgrid(torch.arange(height).to(vertices) + 0.5, torch.arange(width).to(vertices) + 0.5, indexing="ij")
    rays = torch.stack([(x - width / 2) / focal, (height / 2 - y) / focal, torch.ones_like(x)], -1) @ basis
    reach = torch.where(rays[..., 1] < -1e-4, -eye[1] / rays[..., 1], torch.full_like(x, 1e4))
    spot = (eye + rays * reach[..., None])[..., ::2]  # (H, W, x z)
    fade = torch.exp(-spot.square().sum(-1) / 1.6**2)[..., None]  # the floor melts into the wall
    floor = vertices.new_tensor(_BACKGROUND) * (1 - fade) + vertices.new_tensor(_GROUND) * fade
    if feet is None:
        return floor.expand(len(vertices), -1, -1, -1)
    # A foot in the air casts a fainter shadow, as if it were farther away.
    lifted = 0.4 * feet[..., 1, None, None].clamp_min(0.0)
    away = torch.stack([(spot - at[:, None, None]).square().sum(-1) for at in feet[..., ::2].unbind(1)], 1)
    away = (away + lifted).amin(1)  # (F, H, W) square metres
    contact, soft = torch.exp(-away / (2 * 0.07**2)), torch.exp(-away / (2 * 0.26**2))
    return floor * (1.0 - 0.34 * contact - 0.20 * soft)[..., None]
