"""Times whole training steps (forward, backward, optimizer) in PyTorch on one preloaded batch.

The last line is one JSON object. With --interactive it says {"ready": ...} after the warm-up, does N steps for each line N on standard
input and answers with their times as a JSON object: so a driver can alternate with another program (A B B A).
"""
import argparse
import json
import os
import resource
import statistics
import sys
import time

import torch

from torch_methods import METHODS, build_method
from torch_nets import NETS, build


def usage():
    return resource.getrusage(resource.RUSAGE_SELF)


def timed(step, steps):
    before, times = usage(), []
    for _ in range(steps):
        start = time.perf_counter()
        loss = step()
        times.append(1000 * (time.perf_counter() - start))
    after = usage()
    return {"ms": [round(t, 3) for t in times], "median_ms": statistics.median(times), "loss": loss,
            "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            "page_faults_per_step": (after.ru_minflt - before.ru_minflt) / steps}


def warm_up(step, most):
    """Steps until three in a row agree within 3 %. Returns how many, and the loss of the first."""
    times, first = [], None
    while len(times) < most:
        start = time.perf_counter()
        loss = step()
        first = loss if first is None else first
        times.append(time.perf_counter() - start)
        if len(times) >= 3 and max(times[-3:]) <= 1.03 * min(times[-3:]):
            break
    return len(times), first


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--net", choices=[*NETS, *METHODS], default="fmnist")
    p.add_argument("--batch", type=int, default=0, help="images, each with two views (0: that of the net)")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--steps", type=int, default=20)
    p.add_argument("--warmup", type=int, default=20, help="at most so many steps before timing")
    p.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32", help="bf16: autocast")
    p.add_argument("--compile", action="store_true", help="torch.compile for forward and backward")
    p.add_argument("--channels-last", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--interactive", action="store_true")
    a = p.parse_args()

    torch.set_num_threads(a.threads)
    make = build if a.net in NETS else build_method
    step, model, batch = make(a.net, a.batch, a.dtype, a.channels_last, a.compile)
    warm, first_loss = warm_up(step, a.warmup)
    if a.interactive:
        print(json.dumps({"ready": True, "warmup_steps": warm, "first_loss": first_loss}), flush=True)
        for line in sys.stdin:
            print(json.dumps(timed(step, int(line))), flush=True)
        return
    result = timed(step, a.steps)
    views = batch * sum(n for n, _ in getattr(model, "views", [(2, 0)]))
    print(json.dumps(result | {
        "peer": "torch", "version": torch.__version__, "net": a.net, "batch": batch, "views": views, "threads": a.threads,
        "dtype": a.dtype, "compile": a.compile, "channels_last": a.channels_last, "steps": a.steps, "warmup_steps": warm,
        "first_loss": first_loss, "views_per_s": 1000 * views / result["median_ms"],
        "params": sum(t.numel() for t in model.parameters()), "peak_rss_mb": usage().ru_maxrss / 1024,
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "malloc": {k: v for k, v in sorted(os.environ.items()) if k.startswith("MALLOC_") or k == "LD_PRELOAD"},
    }))


if __name__ == "__main__":
    main()
