"""Writes the images of this folder and expect.json, the SHA-256 of what Pillow decodes each to: at full size, and at the sizes of its draft mode, which are libjpeg's
scaled decoding. probe.jpg is the small image that tells releases of the library apart.

Run in this folder with Pillow 13.0.0: python make.py
"""
import hashlib
import json

import numpy as np
from PIL import Image

H, W = 149, 203
y, x = np.mgrid[:H, :W]
rng = np.random.default_rng(7)
photo = np.stack([127 + 100 * np.sin(x / 9 + c) * np.cos(y / (7 + c)) for c in range(3)], -1) + rng.normal(0, 12, (H, W, 3))
photo = Image.fromarray(photo.clip(0, 255).astype(np.uint8))
kinds = {"h1v1": dict(subsampling=0), "h2v1": dict(subsampling=1), "h2v2": dict(subsampling=2), "progressive": dict(subsampling=2, progressive=True),
         "restart": dict(subsampling=2, restart_marker_rows=1)}
expect = {}
for name, options in kinds.items():
    photo.save(name + ".jpg", quality=85, **options)
photo.convert("L").save("grey.jpg", quality=85)
photo.crop((0, 0, 45, 37)).save("probe.jpg", quality=80, subsampling=2, progressive=True)
for name in [*kinds, "grey", "probe"]:
    expect[name] = {}
    for n in (1, 2, 4, 8):
        im = Image.open(name + ".jpg")
        full = im.size
        if n > 1:
            im.draft(None, (full[0] // n, full[1] // n))
        im.load()
        if im.size == ((full[0] + n - 1) // n, (full[1] + n - 1) // n):
            expect[name][n] = hashlib.sha256(np.asarray(im).tobytes()).hexdigest()
with open("expect.json", "w") as f:
    json.dump(expect, f, indent=1)
    f.write("\n")
