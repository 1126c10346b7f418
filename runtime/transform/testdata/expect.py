"""Writes expect.json: what torchvision on Pillow makes of small images, for the deterministic core of each transform.

Run in this folder with torchvision 0.24.1 and Pillow 13.0.0: python expect.py
Inputs are made by a formula that the test repeats; large outputs are kept as their sha256.
"""
import base64
import hashlib
import json

import numpy as np
import torch
from PIL import Image, ImageFilter
from torchvision.transforms import functional as F
from torchvision.transforms.functional import InterpolationMode as Mode

MODES = {"nearest": Mode.NEAREST, "bilinear": Mode.BILINEAR, "bicubic": Mode.BICUBIC, "lanczos": Mode.LANCZOS}


def noise(channels, height, width):
    """A linear congruential generator's top bytes, rows of pixels of channels."""
    n = channels * height * width
    out, x = np.empty(n, np.uint8), 12345 + n
    for i in range(n):
        x = (x * 1664525 + 1013904223) % 2**32
        out[i] = x >> 24
    return out.reshape(height, width, channels)


def lattice():
    """Every 8th level of each of three channels, offset so that 255 occurs: 32768 colours as 128 x 256 pixels."""
    v = np.arange(32) * 8 + 7
    return np.stack(np.meshgrid(v, v, v, indexing="ij"), -1).astype(np.uint8).reshape(128, 256, 3)


def image(size):
    a = lattice() if size == "lattice" else noise(*size)
    return Image.fromarray(a[:, :, 0] if a.shape[2] == 1 else a)


cases = []


def case(op, size, fn, /, **args):
    out = fn(image(size))
    a = np.asarray(out)
    if a.ndim == 2:
        a = a[:, :, None]
    raw = np.ascontiguousarray(a).tobytes()
    c = {"op": op, "in": size, "args": args, "out": [a.shape[2], a.shape[0], a.shape[1]]}
    if len(raw) > 2500:
        c["sha256"] = hashlib.sha256(raw).hexdigest()
    else:
        c["data"] = base64.b64encode(raw).decode()
    cases.append(c)


def resized_crop(m, mode, box, out):
    """F.resized_crop with the horizontal pass first, as in the Pillow that the recipes were tuned with; Pillow 13 orders by size."""
    t, l, h, w = box
    if mode == "nearest":
        return F.resized_crop(m, t, l, h, w, out, MODES[mode])
    return F.resize(F.resize(F.crop(m, t, l, h, w), [h, out[1]], MODES[mode]), out, MODES[mode])


def crop(size, mode, box, out):
    case("resized_crop", size, lambda m: resized_crop(m, mode, box, out), mode=mode, box=box, size=out)


GREY, COLOUR, FOUR = [1, 28, 28], [3, 17, 13], [4, 9, 10]
for mode in MODES:
    crop(GREY, mode, [3, 5, 20, 17], [28, 28])
    crop(COLOUR, mode, [0, 0, 17, 13], [8, 8])
    crop(COLOUR, mode, [2, 1, 9, 12], [5, 20])
    crop(COLOUR, mode, [4, 4, 1, 1], [3, 3])
    crop(COLOUR, mode, [1, 0, 10, 13], [10, 4])
    crop(COLOUR, mode, [1, 2, 11, 7], [3, 7])
    crop([3, 211, 303], mode, [17, 23, 150, 201], [64, 65])
    crop([1, 211, 303], mode, [0, 0, 211, 303], [97, 301])
for size, limit in ((8, None), (30, None), (8, 9), (20, 21)):
    case("resize", COLOUR, lambda m: F.resize(m, [size], Mode.BILINEAR, limit), size=size, max_size=limit or 0)
for size in ([9, 9], [20, 8], [30, 31], [10, 10], [17, 13]):
    case("center_crop", COLOUR, lambda m: F.center_crop(m, size), size=size)
for mode in ("constant", "edge", "reflect", "symmetric"):
    case("pad", [3, 5, 4], lambda m: F.pad(m, [3, 2, 3, 2], 77, mode), margins=[3, 2, 3, 2], mode=mode, fill=77)
    case("pad", [1, 3, 2], lambda m: F.pad(m, [5, 7, 1, 0], 0, mode), margins=[5, 7, 1, 0], mode=mode, fill=0)
for size in (GREY, COLOUR, FOUR):
    case("flip", size, F.hflip)
    for threshold in (0, 128, 200, 256):
        case("solarize", size, lambda m: F.solarize(m, threshold), threshold=threshold) if size != FOUR else None
    for degrees in (0, 10, -33.3, 90, 180, 270, 123.456):
        case("rotate", size, lambda m: F.rotate(m, degrees, fill=9), degrees=degrees, fill=9)
for degrees in (90, 180, 270, 360.5):
    case("rotate", [3, 12, 12], lambda m: F.rotate(m, degrees), degrees=degrees, fill=0)
case("rotate", [3, 211, 303], lambda m: F.rotate(m, 17.2), degrees=17.2, fill=0)
for size in (GREY, COLOUR, "lattice"):
    for factor in (0, 0.2, 0.6000001, 1, 1.4, 1.8, 3.3):
        case("brightness", size, lambda m: F.adjust_brightness(m, factor), factor=factor)
        case("contrast", size, lambda m: F.adjust_contrast(m, factor), factor=factor)
        if size != GREY:
            case("saturation", size, lambda m: F.adjust_saturation(m, factor), factor=factor)
    if size != GREY:
        case("grey", size, lambda m: F.rgb_to_grayscale(m, 3))
        for shift in (0, 0.1, -0.2, 0.5, -0.5, 0.0421):
            case("hue", size, lambda m: F.adjust_hue(m, shift), shift=shift)
for size in (GREY, COLOUR, [3, 64, 61], [1, 3, 50]):
    for sigma in (0.1, 0.5, 1, 1.3, 2, 5.5, 20):
        case("blur", size, lambda m: m.filter(ImageFilter.GaussianBlur(sigma)), sigma=sigma)

normal = F.normalize(F.to_tensor(image([3, 2, 3])), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
with open("expect.json", "w") as f:
    json.dump({"cases": cases, "normalize": [float(x) for x in normal.flatten()]}, f, indent=None, separators=(",", ":"))
    f.write("\n")
