"""Three whole training steps of each method of methods.py, with SGD."""
import math

import numpy as np
import torch
from torch.nn import functional as F

from methods import METHODS, SIZES
from nets import fill, float32_runs, state
from store import error, exact, rng, save

IMAGES, STEPS = 8, 3
SGD = {"momentum": 0.9, "weight_decay": 0.05}
LR = 0.05
SEEDS = {"npid": 3013, "npid_ensure_neg": 3014}  # of methods whose place in the list has changed, or that another seed leads over a kink

DESCRIPTION = (
    "Method {name}: ResNet of two stages of one BasicBlock, base channels 4, small stem; {images} images a step; SGD, learning rate along half a cosine. init/NAME: "
    "parameters, running statistics and other state before. step/I/FIELD: input of step I = 0..2; step/I/loss; step/0/momentum/NAME: the velocity after "
    "the first step, which is gradient and decay; final/NAME: after three steps."
)


def run(net, steps):
    named = {k: p for k, p in net.named_parameters() if p.requires_grad}
    fixed = getattr(net, "fixed", "-")
    groups = [{"params": [p for k, p in named.items() if k.startswith(fixed) == f], "fixed": f} for f in (False, True)]
    optimizer = torch.optim.SGD([g for g in groups if g["params"]], lr=LR, foreach=False, **SGD)
    out = {}
    for i, fields in enumerate(steps):
        for group in optimizer.param_groups:
            group["lr"] = LR if group["fixed"] else LR * (1 + math.cos(math.pi * i / STEPS)) / 2
        net.before(i)
        optimizer.zero_grad()
        loss = net.loss(fields)
        loss.backward()
        for k in net.held if i == 0 else ():
            named[k].grad = None
        optimizer.step()
        net.after(i)
        out[f"step/{i}/loss"] = loss.detach()
        if i == 0:
            out |= {f"step/0/momentum/{k}": optimizer.state[p]["momentum_buffer"].clone() for k, p in named.items() if k not in net.held}
    return out | {f"final/{k}": v for k, v in state(net).items()}


def draw(net, g):
    """Fills the network; a queue that starts full, and a memory, have rows of length 1."""
    fill(net, g)
    for name, b in net.named_buffers():
        if name.endswith(("_ptr", "_filled")) or "center" in name or name.startswith("head.queue"):
            b.zero_()
        elif name in ("queue", "queue2", "memory.feature_bank"):
            b.copy_(F.normalize(torch.from_numpy(g.normal(size=tuple(b.shape))), dim=1))
    if hasattr(net, "start"):
        net.start()
    for t in net.state_dict().values():
        if t.is_floating_point():
            t.copy_(exact(t.numpy()))


def main():
    for number, (name, method) in enumerate(METHODS.items()):
        g = rng(SEEDS.get(name, 3000 + number))
        net = method().double().train()
        draw(net, g)
        sizes = SIZES.get(name, [8, 8])
        steps = []
        for _ in range(STEPS):
            shared = g.normal(size=(IMAGES, 3, max(8, *sizes), max(8, *sizes)))
            fields = {f"view{v}": exact(shared[:, :, :s, :s] + 0.5 * g.normal(size=(IMAGES, 3, s, s))) for v, s in enumerate(sizes)}
            if name in ("moco_groups", "interclr_random"):
                fields["shuffle"] = torch.from_numpy(g.permutation(IMAGES))
            if name == "relative_loc":
                fields["neck.dropout"] = exact(g.uniform(size=(8 * IMAGES, 16)))
            if name == "deepcluster":
                fields["pseudo_label"] = torch.from_numpy(g.integers(5, size=IMAGES))
            if name == "odc":
                fields["neck.dropout"] = exact(g.uniform(size=(IMAGES, 16)))
                fields["idx"] = torch.from_numpy(g.integers(20, size=IMAGES))
                fields["idx"][6] = fields["idx"][1]
            if name.startswith("npid"):
                fields["idx"] = torch.from_numpy(g.permutation(20)[:IMAGES])
                fields["idx"][6] = fields["idx"][1]
                fields["negatives"] = torch.from_numpy(g.integers(net.drawn, size=(IMAGES, 12)))
            if name.startswith("interclr"):
                fields["idx"] = torch.from_numpy(g.permutation(20)[:IMAGES])
                fields["idx"][6] = fields["idx"][1]
                fields["positives"] = torch.from_numpy(g.integers(2**40, size=IMAGES))
                if net.drawn:
                    fields["negatives"] = torch.from_numpy(g.integers(net.drawn[1], size=(IMAGES, net.drawn[0])))
            steps.append(fields)
        start = state(net)
        single = lambda to, v: to(v) if v.dim() == 4 else v.float() if v.is_floating_point() else v
        cast = lambda to: [{k: single(to, v) for k, v in fields.items()} for fields in steps]
        singles = [run(n, cast(to)) for n, to in float32_runs(net)]
        reference = run(net, steps)
        tensors = {f"init/{k}": v for k, v in start.items()}
        tensors |= {f"step/{i}/{k}": v for i, fields in enumerate(steps) for k, v in fields.items()}
        params = {"method": name, "images": IMAGES, "sizes": sizes, "lr": LR, "sgd": SGD}
        save(f"method_{name}", DESCRIPTION.format(name=name, images=IMAGES), tensors | reference, params, error(singles, reference))
