"""Pictures for the README, taken where a journey passes by, so that they stay true."""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
LARGEST = 250 * 1024


class Camera:
    """Takes pictures only when asked for (`QIAO_UPDATE_SCREENSHOTS=1`)."""

    on = os.environ.get("QIAO_UPDATE_SCREENSHOTS") == "1"

    def take(self, page: Page, name: str) -> None:
        if not self.on:
            return
        picture = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
        IMAGES.mkdir(parents=True, exist_ok=True)
        for colours in (None, 256, 128, 64):
            small = io.BytesIO()
            # Rare colours mean something on these screens (who is away, what is late): the whole range is kept.
            kept = picture if colours is None else picture.quantize(colours, method=Image.Quantize.MAXCOVERAGE)
            kept.save(small, "PNG", optimize=True)
            if small.tell() <= LARGEST:
                (IMAGES / f"{name}.png").write_bytes(small.getvalue())
                return
        raise AssertionError(f"the picture {name} is too large: {small.tell()} bytes")
