"""Times PyTorch from the start of the process to the end of the first training step. The last line is one JSON object."""
import os
import time

entered = time.clock_gettime(time.CLOCK_BOOTTIME)

import argparse  # noqa: E402  (the clock is read before anything else)
import json  # noqa: E402
import resource  # noqa: E402

import torch  # noqa: E402

from torch_nets import NETS, build  # noqa: E402


def process_start():
    """When the kernel made this process, in seconds since boot (resolution 10 ms)."""
    with open("/proc/self/stat") as f:
        return int(f.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")


def main():
    imported = time.clock_gettime(time.CLOCK_BOOTTIME)
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--net", choices=NETS, default="fmnist")
    p.add_argument("--batch", type=int, default=0)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--compile", action="store_true")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    step, _, batch = build(a.net, a.batch, compiled=a.compile)
    built = time.clock_gettime(time.CLOCK_BOOTTIME)
    loss = step()
    done = time.clock_gettime(time.CLOCK_BOOTTIME)
    print(json.dumps({
        "peer": "torch", "version": torch.__version__, "net": a.net, "batch": batch, "threads": a.threads, "compile": a.compile,
        "loss": loss, "total_ms": 1000 * (done - process_start()), "import_ms": 1000 * (imported - entered),
        "build_ms": 1000 * (built - imported), "first_step_ms": 1000 * (done - built),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
