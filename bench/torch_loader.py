"""Times torchvision's augmentations behind a DataLoader: two views of each image. The last line is one JSON object.

--idx FILE: Fashion-MNIST's images (IDX, plain or .gz), views of 28 pixels. --jpeg FOLDER: a folder of JPEG files, decoded for each
sample, views of 224 pixels as in SimCLR (Chen et al., 2020, appendix A).
"""
import argparse
import gzip
import json
import pathlib
import resource
import struct
import time

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision import transforms as T


def read_idx(path):
    """The images of an IDX file of unsigned bytes, (count, height, width)."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        magic, count, height, width = struct.unpack(">4I", f.read(16))
        data = f.read(count * height * width)
    if magic != 0x803 or len(data) != count * height * width:
        raise SystemExit(f"{path}: not a whole IDX file of images")
    return np.frombuffer(data, np.uint8).reshape(count, height, width)


class Views(torch.utils.data.Dataset):
    """Two views of sample i; images begin again from the start when there are fewer than length."""

    def __init__(self, images, load, transform, length):
        self.images, self.load, self.transform, self.length = images, load, transform, length

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        image = self.load(self.images[i % len(self.images)])
        return self.transform(image), self.transform(image)


def load_jpeg(path):
    with Image.open(path) as image:
        return image.convert("RGB")


def sometimes(transform, p):
    return T.RandomApply([transform], p)


def pipeline(a):
    if a.idx:
        views = [T.RandomResizedCrop(28, (0.3, 1)), T.RandomHorizontalFlip(), sometimes(T.ColorJitter(0.8, 0.8), 0.8),
                 sometimes(T.GaussianBlur(3, (0.1, 2)), 0.3), T.ToTensor(), T.Normalize([0.286], [0.353])]
        return read_idx(a.idx), Image.fromarray, T.Compose(views)
    files = sorted(f for f in pathlib.Path(a.jpeg).rglob("*") if f.suffix.lower() in (".jpg", ".jpeg"))
    if not files:
        raise SystemExit(f"{a.jpeg}: no JPEG files")
    views = [T.RandomResizedCrop(224), T.RandomHorizontalFlip(), sometimes(T.ColorJitter(0.8, 0.8, 0.8, 0.2), 0.8), T.RandomGrayscale(0.2),
             sometimes(T.GaussianBlur(23, (0.1, 2)), 0.5), T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
    return files, load_jpeg, T.Compose(views)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--idx", help="IDX file of images")
    source.add_argument("--jpeg", help="folder of JPEG files")
    p.add_argument("--workers", type=int, default=2, help="processes; 0 loads in this one")
    p.add_argument("--batch", type=int, default=256, help="images")
    p.add_argument("--steps", type=int, default=20, help="batches that are timed")
    p.add_argument("--warmup", type=int, default=3, help="batches before")
    a = p.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.set_flush_denormal(True)  # the weights of a narrow blur are subnormal numbers, which take some processors four times as long; workers are forked, and inherit it
    images, load, transform = pipeline(a)
    loader = torch.utils.data.DataLoader(Views(images, load, transform, (a.warmup + a.steps) * a.batch), a.batch, shuffle=True,
                                         num_workers=a.workers)
    times, last = [], time.perf_counter()
    for _ in loader:
        times.append(time.perf_counter() - last)
        last = time.perf_counter()
    seconds = sum(times[a.warmup:])
    print(json.dumps({
        "peer": "torchvision", "version": torchvision.__version__, "pillow": PIL.__version__, "source": "idx" if a.idx else "jpeg",
        "images": len(images), "batch": a.batch, "workers": a.workers, "steps": a.steps, "seconds": seconds,
        "views_per_s": 2 * a.batch * a.steps / seconds,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
