"""Writes the images of this folder and expect.json: what Pillow's convert makes of each, as RGB and as L.

Run in this folder with Pillow 13.0.0: python expect.py
"""
import base64
import json

import numpy as np
from PIL import Image

rng = np.random.default_rng(3)
H, W = 5, 7
grey = rng.integers(0, 256, (H, W), np.uint8)
rgb = rng.integers(0, 256, (H, W, 3), np.uint8)
rgba = rng.integers(0, 256, (H, W, 4), np.uint8)
smooth = np.stack([np.add.outer(np.arange(16) * 9, np.arange(24) * 4 + k * 30) for k in range(3)], -1).astype(np.uint8)

Image.fromarray(grey).save("grey.png")
Image.fromarray(rgb).save("rgb.png")
Image.fromarray(rgba).save("rgba.png")
Image.fromarray(rgba[:, :, :2].copy(), "LA").save("grey_alpha.png")
Image.fromarray(rgb).quantize(9).save("palette.png")
Image.fromarray(grey).convert("1").save("bits.png")
Image.fromarray(grey.astype(np.uint16) * 256 + 77).save("grey16.png")
Image.fromarray(smooth).save("colour.jpg", quality=90, subsampling=0)
Image.fromarray(smooth[:, :, 0].copy()).save("grey.jpg", quality=90)
Image.fromarray(smooth).convert("CMYK").save("cmyk.jpg", quality=95)

expect = {}
for name in ("grey.png", "rgb.png", "rgba.png", "grey_alpha.png", "palette.png", "bits.png", "grey16.png", "colour.jpg", "grey.jpg", "cmyk.jpg"):
    image = Image.open(name)
    if name == "grey16.png":  # the upper byte, not Pillow's cut at 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    expect[name] = {m: base64.b64encode(np.asarray(image.convert(m)).tobytes()).decode() for m in ("RGB", "L")}
    expect[name]["size"] = image.size[::-1]
with open("expect.json", "w") as f:
    json.dump(expect, f, separators=(",", ":"))
    f.write("\n")
