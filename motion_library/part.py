"""Which part of a recording is read: all of it, or a cut, and never more than a clip may last."""
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """``cut``: from and to in seconds, all of the recording if None. ``longest_s``: more than that raises ValueError."""

    cut: tuple[float, float] | None = None
    longest_s: float = math.inf

    def frames(self, count: int, fps: float) -> slice:
        """The frames of this part in a recording of ``count`` frames.

        Raises ValueError for a cut that lies outside the recording, or holds no frame of it, and for a part that is too long: before
        anybody reads the frames, because a recording may have hundreds of thousands.
        """
        first, after = 0, count
        if self.cut is not None:
            first, after = round(self.cut[0] * fps), round(self.cut[1] * fps) + 1
            if after > count + 1 or first >= count:
                whole = f"{(count - 1) / fps:.2f} s"
                raise ValueError(f"expected a cut within the recording's {whole}, got {self.cut[0]:g} to {self.cut[1]:g} s")
        seconds = (after - first - 1) / fps
        if seconds > self.longest_s:
            raise ValueError(
                f"expected a clip of one gesture, at most {self.longest_s:.0f} s, got {after - first} frames or {seconds:.0f} s; "
                'take a part of it with "cut": [FROM, TO] in seconds, a line of META.jsonl for each gesture'
            )
        return slice(first, min(after, count))


WHOLE = Part()
