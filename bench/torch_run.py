"""Trains SimCLR on Fashion-MNIST as a careful PyTorch user would: torchvision's augmentations in worker processes, the step of torch_step.py. Timed from outside, as a whole process.

The last line is one JSON object.
"""
import argparse
import json
import time

import torch
from PIL import Image
from torchvision import transforms as T

from torch_loader import Views, read_idx, sometimes
from torch_nets import build


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--idx", required=True, help="IDX file of images")
    p.add_argument("--steps", type=int, default=60)
    p.add_argument("--workers", type=int, default=2, help="processes that make views")
    p.add_argument("--threads", type=int, default=2, help="threads of the step")
    p.add_argument("--compile", action="store_true")
    a = p.parse_args()

    torch.set_num_threads(a.threads)
    step, _, batch = build("fmnist", 0, compiled=a.compile)
    views = T.Compose([T.RandomResizedCrop(28, (0.3, 1)), T.RandomHorizontalFlip(), T.RandomRotation(10), sometimes(T.ColorJitter(0.8, 0.8), 0.8),
                       sometimes(T.GaussianBlur(3, (0.1, 2)), 0.3), T.ToTensor(), T.RandomErasing(0.3), T.Normalize([0.286], [0.353])])
    data = Views(read_idx(a.idx), Image.fromarray, views, a.steps * batch)
    loader = torch.utils.data.DataLoader(data, batch, shuffle=True, num_workers=a.workers, worker_init_fn=lambda _: torch.set_num_threads(1))
    loss = begun = None
    for first, second in loader:
        loss = step(torch.cat([first, second]).to(memory_format=torch.channels_last))
        begun = begun or time.perf_counter()
    later = time.perf_counter() - begun
    print(json.dumps({"peer": "torch", "version": torch.__version__, "net": "fmnist", "batch": batch, "steps": a.steps, "workers": a.workers,
                      "threads": a.threads, "compile": a.compile, "loss": loss, "after_first_step_ms": 1000 * later}))


if __name__ == "__main__":
    main()
