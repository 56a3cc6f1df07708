"""The proof of an event as a picture: the hashes that meet, one storey for each step to the root."""

from __future__ import annotations

from dataclasses import dataclass

from glassbox.queries.audit_trail.event import ProofPicture

# In the units of the drawing, which the page scales to its width.
STOREY, BOX_WIDTH, BOX_HEIGHT = 58, 196, 34
MIDDLE, ASIDE, WIDTH = 320, 214, 640
HASH_DIGITS = 10


@dataclass(frozen=True, kw_only=True)
class Box:
    """One hash: where its middle is, what stands in it, and what kind of box it is."""

    x: int
    y: int
    words: str
    kind: str

    @property
    def left(self) -> int:
        return self.x - BOX_WIDTH // 2

    @property
    def top(self) -> int:
        return self.y - BOX_HEIGHT // 2


@dataclass(frozen=True, kw_only=True)
class Line:
    """Where one hash goes into another."""

    from_x: int
    from_y: int
    to_x: int
    to_y: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Everything that is drawn, and how high the drawing is."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    height: int
    width: int = WIDTH
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def draw_proof(proof: ProofPicture) -> Drawing:
    """Return the way of an event's hash up to the signed head, and to the anchor log above it."""
    above = ["signed head of " + _entries(proof.size)]
    if proof.anchor_index is not None:
        above.insert(0, f"entry {proof.anchor_index:,} of the anchor log")
    height = STOREY * (len(proof.steps) + 1 + len(above))
    y = height - STOREY // 2
    boxes = [Box(x=MIDDLE, y=y, words=f"this event {_short(proof.leaf)}", kind="event")]
    lines = []
    for step in proof.steps:
        side = MIDDLE - ASIDE if step.is_left else MIDDLE + ASIDE
        boxes.append(Box(x=side, y=y, words=_short(step.sibling), kind="sibling"))
        lines.append(_line(side, y, "sibling"))
        lines.append(_line(MIDDLE, y, "way"))
        y -= STOREY
        boxes.append(Box(x=MIDDLE, y=y, words=_short(step.result), kind="way"))
    for words in reversed(above):
        lines.append(_line(MIDDLE, y, "way"))
        y -= STOREY
        boxes.append(Box(x=MIDDLE, y=y, words=words, kind="signed"))
    return Drawing(boxes=tuple(boxes), lines=tuple(lines), height=height)


def _line(x: int, y: int, kind: str) -> Line:
    half = BOX_HEIGHT // 2
    return Line(from_x=x, from_y=y - half, to_x=MIDDLE, to_y=y - STOREY + half, kind=kind)


def _short(sha256: str) -> str:
    return sha256[:HASH_DIGITS] + "…"


def _entries(count: int) -> str:
    return f"{count:,} entr{'y' if count == 1 else 'ies'}"
