"""Two photos of menus, as far as a machine can draw them."""

import io
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE = (900, 1200)
MENUS = {
    "drinks.jpg": (
        ("COFFEE", "Espresso 2.50", "Cappuccino 3.80", "Latte 4.20", "Mocha 4.60", "Tea 2.20"),
        (30, 32, 34),
        (240, 235, 220),
    ),
    "bakery.jpg": (
        ("BAKERY", "Croissant 2.90", "Bagel 3.40", "Muffin 3.10", "Brownie 2.80"),
        (245, 240, 228),
        (60, 30, 20),
    ),
}
"""Lines, colour of the paper, colour of the ink."""


@cache
def menu(name: str) -> bytes:
    """The JPEG file of one of `MENUS`, with a camera's noise."""
    (title, *dishes), paper, ink = MENUS[name]
    picture = Image.new("RGB", SIZE, paper)
    draw = ImageDraw.Draw(picture)
    draw.text((80, 70), title, ink, ImageFont.load_default(90))
    for line, dish in enumerate(dishes):
        what, price = dish.split()
        for left, text in ((80, what), (680, price)):
            draw.text((left, 260 + 170 * line), text, ink, ImageFont.load_default(64))
    noise = np.random.default_rng(len(name)).normal(0, 4, (*SIZE[::-1], 3))
    content = io.BytesIO()
    Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8)).save(content, "JPEG", quality=92)
    return content.getvalue()
