"""Draws the board. Imported when the first picture is asked for: it takes Pillow, and a tenth of a second."""

import io
from functools import cache

from PIL import Image, ImageDraw

from server.game.board import COLUMNS, ROWS, Seat
from server.web.position import Position
from server.web.preview import HEIGHT, WIDTH

CELL, PAD, ROUND = 92, 14, 34
LEFT, TOP = (WIDTH - COLUMNS * CELL) // 2, (HEIGHT - ROWS * CELL) // 2
HOLE, RING, TOKEN = 37, 16, 78
"""Radii of a hole, of the mark on a disc that won and of the discs beside the board, in pixels."""
FINE = 4
"""Factor by which parts are drawn larger, to have smooth edges."""
GROUND, PLATE, RIM, EMPTY, MARK = "#141b2c", "#2f5fd6", "#1c3a8e", "#0d1322", "#ffffff"
COLOURS = {Seat.YELLOW: ("#ffc933", "#cf9200"), Seat.RED: ("#e5484d", "#a92a30")}
"""The colour of a disc, and of its edge."""
DIM = {Seat.YELLOW: ("#453c28", "#38301f"), Seat.RED: ("#40252f", "#331d26")}
"""The same for who is not to move, or has not won."""
PALETTE_SIZE = 96
"""Number of colours, with those of smooth edges."""


def draw(position: Position) -> bytes:
    """The picture of `position`, as a PNG."""
    parts = _parts()
    picture = parts["ground"].copy()
    for row, discs in enumerate(reversed(position.board.rows())):
        for column, disc in enumerate(discs):
            if disc != ".":
                mark = "won" if (column, row) in position.cells else "disc"
                seat = Seat.YELLOW if disc == "Y" else Seat.RED
                picture.paste(parts[f"{seat} {mark}"], _corner(column, row))
    for seat in position.shining:
        picture.paste(parts[f"{seat} token"], _token(seat))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _corner(column: int, row: int) -> tuple[int, int]:
    return LEFT + column * CELL, TOP + (ROWS - 1 - row) * CELL


def _token(seat: Seat) -> tuple[int, int]:
    """The upper left corner of the disc beside the board that stands for `seat`."""
    middle = (LEFT - PAD) // 2
    return (middle if seat is Seat.YELLOW else WIDTH - middle) - TOKEN, HEIGHT // 2 - TOKEN


@cache
def _parts() -> dict[str, Image.Image]:
    """The parts that pictures are put together from. All have one palette, so they are copied as they are."""
    ground = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    ground.paste(_plate(), (LEFT - PAD, TOP - PAD))
    empty = _cell((EMPTY, EMPTY))
    for column in range(COLUMNS):
        for row in range(ROWS):
            ground.paste(empty, _corner(column, row))
    parts: dict[str, Image.Image] = {}
    for seat in Seat:
        ground.paste(_beside(DIM[seat]), _token(seat))
        parts[f"{seat} disc"] = _cell(COLOURS[seat])
        parts[f"{seat} won"] = _cell(COLOURS[seat], mark=True)
        parts[f"{seat} token"] = _beside(COLOURS[seat])
    sheet = Image.new("RGB", (WIDTH, HEIGHT + 2 * TOKEN), GROUND)
    sheet.paste(ground, (0, 0))
    for place, part in enumerate(parts.values()):
        sheet.paste(part, (place * 2 * TOKEN, HEIGHT))
    palette = sheet.quantize(PALETTE_SIZE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    parts["ground"] = ground
    return {name: part.quantize(palette=palette, dither=Image.Dither.NONE) for name, part in parts.items()}


def _plate() -> Image.Image:
    plate = _large(COLUMNS * CELL + 2 * PAD, ROWS * CELL + 2 * PAD, GROUND)
    corners = (0, 0, plate.width - 1, plate.height - 1)
    ImageDraw.Draw(plate).rounded_rectangle(corners, ROUND * FINE, fill=PLATE)
    return _small(plate)


def _cell(colours: tuple[str, str], *, mark: bool = False) -> Image.Image:
    """A place of the board, with a disc of these colours."""
    cell = _large(CELL, CELL, PLATE)
    _disc(cell, HOLE + 3, RIM)
    _disc(cell, HOLE, colours[1])
    _disc(cell, HOLE - 6, colours[0])
    if mark:
        _disc(cell, RING, MARK)
        _disc(cell, RING - 7, colours[0])
    return _small(cell)


def _beside(colours: tuple[str, str]) -> Image.Image:
    """A disc beside the board."""
    beside = _large(2 * TOKEN, 2 * TOKEN, GROUND)
    _disc(beside, TOKEN, colours[1])
    _disc(beside, TOKEN - 12, colours[0])
    return _small(beside)


def _disc(image: Image.Image, radius: int, colour: str) -> None:
    """Draw a disc in the middle of `image`."""
    near, far = image.width // 2 - radius * FINE, image.width // 2 + radius * FINE - 1
    ImageDraw.Draw(image).ellipse((near, near, far, far), fill=colour)


def _large(width: int, height: int, colour: str) -> Image.Image:
    return Image.new("RGB", (width * FINE, height * FINE), colour)


def _small(image: Image.Image) -> Image.Image:
    return image.resize((image.width // FINE, image.height // FINE), Image.Resampling.BOX)
