"""Learning rates by step: the epoch and iteration hooks of MMSelfSup 0.x, played through."""
import itertools
import math

import numpy as np
import torch

from store import save_json

STEPS_PER_EPOCH, EPOCHS, BASE = 4, 10, 0.8
POLICIES = {
    "step": ({"milestones": [3, 7], "gamma": 0.1}, {"milestones": [9, 26], "gamma": 0.1}),
    "cosine": ({"min": 0.01}, {"min": 0.01}),
    "polynomial": ({"min": 0.01, "power": 0.9}, {"min": 0.01, "power": 0.9}),
    "step_fix_cosine": ({"min": 0.01}, {"min": 0.01}),
}
WARMUPS = [None] + [{"kind": k, "length": n, "by_epoch": e, "ratio": 0.001 if k == "linear" else 0.1}
                    for k, (n, e) in itertools.product(("constant", "linear", "exp"), ((6, False), (2, True)))]

DESCRIPTION = (
    "lr: the learning rate of 40 steps, 4 to an epoch. by_epoch: the curve is evaluated at the start of an epoch and t, T count epochs, "
    "else both count steps. Warm-up multiplies the regular rate step by step. step_fix_cosine: t and T are reduced by the warm-up (by "
    "whole epochs with by_epoch, rounded down), t is negative during it, and its linear factor is i/n. after: the warm-up multiplies "
    "the base rate and the cosine runs over the steps that remain (MoCo v3, MAE)."
)


def annealed(base, low, share):
    return low + 0.5 * (base - low) * (1 + math.cos(math.pi * share))


def regular(policy, options, t, total, shift):
    """The rate of a policy at progress t of total, both in its own unit."""
    if policy == "step":
        return BASE * options["gamma"] ** sum(t >= m for m in options["milestones"])
    if policy == "cosine":
        return annealed(BASE, options["min"], t / total)
    if policy == "polynomial":
        return (BASE - options["min"]) * (1 - t / total) ** options["power"] + options["min"]
    return annealed(BASE, options["min"], (t - shift) / (total - shift))


def factor(policy, warmup, i, n):
    """What warm-up multiplies step i < n by."""
    if warmup["kind"] == "constant":
        return warmup["ratio"]
    if warmup["kind"] == "exp":
        return warmup["ratio"] ** (1 - i / n)
    return i / n if policy == "step_fix_cosine" else 1 - (1 - i / n) * (1 - warmup["ratio"])


def play(policy, options, by_epoch, warmup):
    n = 0 if warmup is None else warmup["length"] * (STEPS_PER_EPOCH if warmup["by_epoch"] else 1)
    rates = []
    for epoch in range(EPOCHS):
        for _ in range(STEPS_PER_EPOCH):
            i = len(rates)
            if by_epoch:
                lr = regular(policy, options, epoch, EPOCHS, n // STEPS_PER_EPOCH)
            else:
                lr = regular(policy, options, i, EPOCHS * STEPS_PER_EPOCH, n)
            rates.append(lr * factor(policy, warmup, i, n) if i < n else lr)
    return rates


def after(warmup, low):
    total, n = EPOCHS * STEPS_PER_EPOCH, warmup["length"] * (STEPS_PER_EPOCH if warmup["by_epoch"] else 1)
    return [BASE * factor("cosine", warmup, i, n) if i < n else annealed(BASE, low, (i - n) / (total - n)) for i in range(total)]


def check_against_torch():
    """The curves without warm-up equal PyTorch's schedulers, stepped once an iteration."""
    kinds = torch.optim.lr_scheduler
    total = EPOCHS * STEPS_PER_EPOCH
    for make, rates in (
            (lambda o: kinds.MultiStepLR(o, [9, 26], 0.1), play("step", POLICIES["step"][1], False, None)),
            (lambda o: kinds.CosineAnnealingLR(o, total, 0.01), play("cosine", POLICIES["cosine"][1], False, None)),
            (lambda o: kinds.PolynomialLR(o, total, 0.9), play("polynomial", {"min": 0.0, "power": 0.9}, False, None))):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
        scheduler = make(optimizer)
        for want in rates:
            np.testing.assert_allclose(optimizer.param_groups[0]["lr"], want, rtol=1e-12)
            optimizer.step()
            scheduler.step()


def main():
    check_against_torch()
    cases = []
    for (policy, options), by_epoch, warmup in itertools.product(POLICIES.items(), (True, False), WARMUPS):
        if policy == "step_fix_cosine" and (warmup is None or warmup["kind"] != "linear"):
            continue
        chosen = options[0 if by_epoch else 1]
        cases.append({"policy": policy, "base": BASE, "by_epoch": by_epoch, "warmup": warmup} | chosen |
                     {"lr": play(policy, chosen, by_epoch, warmup)})
    for warmup in WARMUPS[3:5]:
        cases.append({"policy": "after", "base": BASE, "by_epoch": False, "warmup": warmup, "min": 0.01, "lr": after(warmup, 0.01)})
    save_json("schedules", {"description": DESCRIPTION, "steps_per_epoch": STEPS_PER_EPOCH, "epochs": EPOCHS, "cases": cases})
