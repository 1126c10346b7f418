"""Writes the images of this folder and expect.json: what Pillow's convert makes of each with 1, 2, 3 and 4 channels, after exif_transpose.

Run in this folder with Pillow 13.0.0: python expect.py
"""
import base64
import json
import os
import struct

import numpy as np
from PIL import Image, ImageOps

rng = np.random.default_rng(3)
H, W = 5, 7
grey = rng.integers(0, 256, (H, W), np.uint8)
rgb = rng.integers(0, 256, (H, W, 3), np.uint8)
rgba = rng.integers(0, 256, (H, W, 4), np.uint8)
smooth = np.stack([np.add.outer(np.arange(16) * 9, np.arange(24) * 4 + k * 30) for k in range(3)], -1).astype(np.uint8)
wide16 = (grey.astype(np.uint16) * 256 + 77)

Image.fromarray(grey).save("grey.png")
Image.fromarray(rgb).save("rgb.png")
Image.fromarray(rgba).save("rgba.png")
Image.fromarray(rgba[:, :, :2].copy(), "LA").save("grey_alpha.png")
Image.fromarray(rgb).quantize(9).save("palette.png")
Image.fromarray(grey).convert("1").save("bits.png")
Image.fromarray(wide16).save("grey16.png")
Image.fromarray(smooth).save("colour.jpg", quality=90, subsampling=0)
Image.fromarray(smooth[:, :, 0].copy()).save("grey.jpg", quality=90)
Image.fromarray(smooth).convert("CMYK").save("cmyk.jpg", quality=95)

# A palette with alpha.
p = Image.fromarray(rgb).quantize(9)
p.save("palette_alpha.png", transparency=bytes([0, 128, 255]))

# Chroma of half the resolution in both directions or one, on a picture with edges of colour; progressive.
edges = np.zeros((17, 23, 3), np.uint8)
edges[:, :11] = (200, 40, 60)
edges[6:, 11:] = (30, 160, 220)
edges[12:, :] //= 2
Image.fromarray(edges).save("h2v2.jpg", quality=95, subsampling=2)
Image.fromarray(edges).save("h2v1.jpg", quality=95, subsampling=1)
Image.fromarray(edges).save("progressive.jpg", quality=95, subsampling=2, progressive=True)

# Orientation: the same picture stored in each of the eight ways, the tag in each format that has one.
turned = Image.fromarray(smooth[:8, :16].copy())
for tag in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = tag
    turned.save(f"orientation{tag}.jpg", quality=95, subsampling=0, exif=exif)
exif = Image.Exif()
exif[0x0112] = 6
Image.fromarray(rgb).save("orientation6.png", exif=exif)
Image.fromarray(rgb).save("orientation6.webp", lossless=True, exif=exif)
exif[0x0112] = 8
Image.fromarray(rgb).save("orientation8.tif", exif=exif)

# WebP, lossy with odd sizes and edges of colour, with and without alpha, and lossless.
Image.fromarray(edges).save("lossy.webp", quality=60)
alpha = np.concatenate([edges, np.linspace(0, 255, 17 * 23).reshape(17, 23, 1).astype(np.uint8)], -1)
Image.fromarray(alpha).save("lossy_alpha.webp", quality=60, exact=True)
Image.fromarray(rgba).save("lossless.webp", lossless=True, exact=True)

# BMP.
Image.fromarray(rgb).save("rgb.bmp")
Image.fromarray(grey).save("grey.bmp")
Image.fromarray(rgb).quantize(9).save("palette.bmp")
Image.fromarray(grey).convert("1").save("bits.bmp")

# Portable maps, as bytes and as text, with other greatest values.
Image.fromarray(rgb).save("rgb.ppm")
Image.fromarray(grey).save("grey.pgm")
with open("text.ppm", "w") as f:
    f.write(f"P3 # comment\n{W} {H}\n255\n" + "\n".join(" ".join(map(str, row)) for row in rgb.reshape(H, -1)) + "\n")
with open("text15.pgm", "w") as f:
    f.write(f"P2\n{W} {H}\n#15 greys\n15\n" + "\n".join(" ".join(map(str, row)) for row in grey // 17) + "\n")
with open("max100.pgm", "wb") as f:
    f.write(f"P5 {W} {H} 100\n".encode() + (grey // 3).tobytes())

# TIFF: compressions, predictor, strips, 16 bits.
big = Image.fromarray(np.tile(rgb, (4, 5, 1)))
Image.fromarray(rgb).save("rgb.tif")
big.save("lzw.tif", compression="tiff_lzw")
big.save("lzw_predictor.tif", compression="tiff_lzw", tiffinfo={317: 2, 278: 6})
big.save("deflate.tif", compression="tiff_adobe_deflate", tiffinfo={317: 2})
big.save("packbits.tif", compression="packbits")
Image.fromarray(rgba).save("rgba.tif", compression="tiff_lzw")
Image.fromarray(rgba[:, :, :2].copy(), "LA").save("grey_alpha.tif")
Image.fromarray(rgb).quantize(9).save("palette.tif")
Image.fromarray(grey).convert("1").save("bits.tif")
Image.fromarray(np.tile(grey, (4, 5))).convert("1").save("group4.tif", compression="group4")
Image.fromarray(np.tile(grey, (4, 5))).convert("1").save("group3.tif", compression="group3")
Image.fromarray(rgb).convert("CMYK").save("cmyk.tif")
Image.fromarray(wide16).save("grey16.tif")
Image.fromarray(wide16).save("grey16_predictor.tif", compression="tiff_lzw", tiffinfo={317: 2})


def tiff(name, order, entries, *blocks):
    """A TIFF file of given tags; a value that is a function gets the offsets of the blocks."""
    head, body = (b"II*\0", "<") if order == "<" else (b"MM\0*", ">")
    at = 8 + 2 + 12 * len(entries) + 4
    sizes = {3: ("H", 2), 4: ("I", 4)}
    offsets, position = [], at
    for b in blocks:
        offsets.append(position)
        position += len(b)
    extra = b""
    directory = struct.pack(order + "H", len(entries))
    for tag, kind, values in entries:
        values = values(offsets) if callable(values) else values
        code, size = sizes[kind]
        data = struct.pack(order + code * len(values), *values)
        if len(data) > 4:
            directory += struct.pack(order + "HHII", tag, kind, len(values), position + len(extra))
            extra += data
        else:
            directory += struct.pack(order + "HHI", tag, kind, len(values)) + data.ljust(4, b"\0")
    with open(name, "wb") as f:
        f.write(head + struct.pack(order + "I", 8) + directory + struct.pack(order + "I", 0) + b"".join(blocks) + extra)


# Planes apart, big-endian; tiles; white is zero; 16-bit RGB; premultiplied alpha: forms that Pillow reads but does not write.
planes = [rgb[:, :, c].tobytes() for c in range(3)]
tiff("planes.tif", ">", [(256, 3, [W]), (257, 3, [H]), (258, 3, [8, 8, 8]), (259, 3, [1]), (262, 3, [2]), (273, 4, lambda o: o),
     (277, 3, [3]), (278, 3, [H]), (279, 4, [W * H] * 3), (284, 3, [2])], *planes)
tall = np.tile(rgb, (5, 4, 1))[:20, :24]
padded = np.zeros((32, 32, 3), np.uint8)
padded[:20, :24] = tall
tiles = [padded[y:y + 16, x:x + 16].tobytes() for y in (0, 16) for x in (0, 16)]
tiff("tiles.tif", "<", [(256, 3, [24]), (257, 3, [20]), (258, 3, [8, 8, 8]), (259, 3, [1]), (262, 3, [2]), (277, 3, [3]), (284, 3, [1]),
     (322, 3, [16]), (323, 3, [16]), (324, 4, lambda o: o), (325, 4, [768] * 4)], *tiles)
tiff("white_is_zero.tif", "<", [(256, 3, [W]), (257, 3, [H]), (258, 3, [8]), (259, 3, [1]), (262, 3, [0]), (273, 4, lambda o: o),
     (277, 3, [1]), (278, 3, [H]), (279, 4, [W * H])], grey.tobytes())
rgb16 = rgb.astype(">u2") * 256 + 99
tiff("rgb16.tif", ">", [(256, 3, [W]), (257, 3, [H]), (258, 3, [16, 16, 16]), (259, 3, [1]), (262, 3, [2]), (273, 4, lambda o: o),
     (277, 3, [3]), (278, 3, [H]), (279, 4, [W * H * 6])], rgb16.astype(">u2").tobytes())
pre = rgba.copy()
pre[:, :, :3] = (pre[:, :, :3].astype(int) * pre[:, :, 3:] // 255)
tiff("premultiplied.tif", "<", [(256, 3, [W]), (257, 3, [H]), (258, 3, [8, 8, 8, 8]), (259, 3, [1]), (262, 3, [2]), (273, 4, lambda o: o),
     (277, 3, [4]), (278, 3, [H]), (279, 4, [W * H * 4]), (338, 3, [1])], pre.tobytes())
# Six bands, which Pillow does not read: expected as they were written.
bands = rng.integers(0, 256, (H, W, 6), np.uint8)
tiff("bands.tif", "<", [(256, 3, [W]), (257, 3, [H]), (258, 3, [8] * 6), (259, 3, [1]), (262, 3, [1]), (273, 4, lambda o: o),
     (277, 3, [6]), (278, 3, [H]), (279, 4, [W * H * 6]), (338, 3, [0] * 5)], bands.tobytes())
np.save("bands.npy", bands)
np.save("planes.npy", np.ascontiguousarray(bands.transpose(2, 0, 1)))
np.save("grey16.npy", wide16)
np.save("grey.npy", grey.astype(np.float32) / 255)

expect = {}


def put(name, array):
    expect.setdefault(name, {"size": array.shape[:2]})[str(1 if array.ndim == 2 else array.shape[2])] = base64.b64encode(array.tobytes()).decode()


for name in sorted(os.listdir(".")):
    if name.endswith((".py", ".json", ".npy")) or name in ("bands.tif",) or os.path.isdir(name) or "." not in name:
        continue
    image = Image.open(name)
    if name.startswith("grey16"):  # the upper byte, not Pillow's cut at 255
        image = Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    image = ImageOps.exif_transpose(image)
    for mode in ("L", "RGB", "RGBA"):
        put(name, np.asarray(image.convert(mode)))
    put(name, np.asarray(image.convert("RGBA").convert("LA")))
for name in ("bands.tif", "bands.npy", "planes.npy"):
    put(name, bands)
put("grey16.npy", grey)
put("grey.npy", grey)
with open("expect.json", "w") as f:
    json.dump(expect, f, separators=(",", ":"))
    f.write("\n")
