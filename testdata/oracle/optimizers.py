"""Optimizers: five iterations with given gradients and a learning rate that changes each time."""
import math

import numpy as np
import torch

from store import array, error, exact, rng, save

SHAPES = {"linear": (5, 4), "norm": (7,), "conv": (3, 2, 3, 2), "zero": (3, 2)}
STEPS = 5
SLOW = [0.1, 0.08, 0.05, 0.1, 0.02]
ADAM = [0.001, 0.002, 0.0015, 0.0005, 0.003]

CASES = {
    "sgd": ("sgd", SLOW, {"momentum": 0.9, "weight_decay": 1e-4}),
    "sgd_plain": ("sgd", SLOW, {}),
    "sgd_nesterov": ("sgd", SLOW, {"momentum": 0.9, "weight_decay": 1e-4, "nesterov": True}),
    "sgd_dampening": ("sgd", SLOW, {"momentum": 0.9, "weight_decay": 1e-4, "dampening": 0.5}),
    "adam": ("adam", ADAM, {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}),
    "adamw": ("adamw", ADAM, {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.05}),
    "lars": ("lars", [4.8 * r for r in SLOW], {"momentum": 0.9, "weight_decay": 1e-6, "eta": 0.001, "eps": 1e-8}),
    "lars_decay": ("lars", [4.8 * r for r in SLOW], {"momentum": 0.9, "weight_decay": 0.1, "eta": 0.001, "eps": 1e-8}),
    "lars_nesterov": ("lars", [4.8 * r for r in SLOW],
                      {"momentum": 0.9, "weight_decay": 1e-6, "eta": 0.001, "eps": 1e-8, "nesterov": True}),
    "lamb": ("lamb", ADAM, {"betas": (0.9, 0.999), "eps": 1e-6, "weight_decay": 0.02}),
    "lamb_clip": ("lamb", ADAM, {"betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.1, "trust_clip": True}),
    "lamb_always": ("lamb", ADAM, {"betas": (0.9, 0.999), "eps": 1e-6, "weight_decay": 0.0, "always_adapt": True}),
}
# Weight decay along half a cosine, for each place that it has in a formula.
CASES |= {f"{kind}_moving": (kind, rates, options | {"end_weight_decay": 0.4}) for kind, (_, rates, options) in CASES.items() if kind in ("sgd", "adam", "adamw", "lars", "lamb")}
TORCH = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
EXCLUDED = ["norm"]

DESCRIPTION = (
    "init/T: start of tensor T; grad/I/T: its gradient in iteration I = 0..4. CASE/I/T: value after iteration I of that optimizer; "
    "CASE/state/KIND/T: its state after the last (momentum, exp_avg, exp_avg_sq). Learning rates by iteration are in the JSON. The tensor "
    "norm is excluded from weight decay and adaptation in the lars and lamb cases; the tensor zero starts at 0 and has gradient 0 in iteration 2, "
    "which are the two guards of the trust ratio. In the moving cases the weight decay moves to end_weight_decay along half a cosine."
)


def decays(options):
    """The weight decay of each iteration, and the other options."""
    rest = dict(options)
    base = rest.pop("weight_decay", 0.0)
    end = rest.pop("end_weight_decay", base)
    return [end + (base - end) * (1 + math.cos(math.pi * i / STEPS)) / 2 if end != base else base for i in range(STEPS)], rest


def lars(weights, grads, momenta, lr, excluded, *, momentum, weight_decay, eta, eps, nesterov=False):
    """One step of LARS in MMSelfSup's form, in place: the learning rate is inside the momentum.

    q = eta|w| / (|g| + wd|w| + eps), 1 where a norm is 0 or the tensor is excluded; v = momentum v + lr q (g + wd w), at first without
    the old v; w -= v, with Nesterov w -= lr q (g + wd w) + momentum v.
    """
    for name, w in weights.items():
        g, wd, q = grads[name], weight_decay, 1.0
        if name in excluded:
            wd = 0.0
        else:
            wn, gn = np.sqrt((w * w).sum()), np.sqrt((g * g).sum())
            if wn > 0 and gn > 0:
                q = eta * wn / (gn + wd * wn + eps)
        d = (g + wd * w) * (q * lr)
        momenta[name] = momentum * momenta[name] + d if name in momenta else d.copy()
        w -= d + momentum * momenta[name] if nesterov else momenta[name]


def run_lars(init, grads, rates, options, dtype):
    weights, momenta, out = {k: array(v).astype(dtype) for k, v in init.items()}, {}, {}
    decay, options = decays(options)
    for i, lr in enumerate(rates):
        lars(weights, {k: array(v).astype(dtype) for k, v in grads[i].items()}, momenta, lr, EXCLUDED, weight_decay=decay[i], **options)
        out |= {f"{i}/{k}": w.copy() for k, w in weights.items()}
    return out | {f"state/momentum/{k}": v for k, v in momenta.items()}


def lamb(weights, grads, moments, t, lr, excluded, *, betas, eps, weight_decay, trust_clip=False, always_adapt=False):
    """One step, the t-th from 1, in place: You et al. 2019, algorithm 2, with phi the identity; trust_clip bounds the ratio by 1, as in timm.
    Tensors without decay, which the excluded ones are, keep the ratio 1 unless always_adapt, as in MMClassification."""
    for name, w in weights.items():
        g, (m, v) = grads[name], moments.setdefault(name, (np.zeros_like(w), np.zeros_like(w)))
        m[...] = betas[0] * m + (1 - betas[0]) * g
        v[...] = betas[1] * v + (1 - betas[1]) * g * g
        wd, q = (0.0 if name in excluded else weight_decay), 1.0
        r = m / (1 - betas[0] ** t) / (np.sqrt(v / (1 - betas[1] ** t)) + eps) + wd * w
        wn, rn = np.sqrt((w * w).sum()), np.sqrt((r * r).sum())
        if name not in excluded and (wd or always_adapt) and wn > 0 and rn > 0:
            q = min(wn / rn, 1.0) if trust_clip else wn / rn
        w -= lr * q * r


def run_lamb(init, grads, rates, options, dtype):
    weights, moments, out = {k: array(v).astype(dtype) for k, v in init.items()}, {}, {}
    decay, options = decays(options)
    for i, lr in enumerate(rates):
        lamb(weights, {k: array(v).astype(dtype) for k, v in grads[i].items()}, moments, i + 1, lr, EXCLUDED, weight_decay=decay[i], **options)
        out |= {f"{i}/{k}": w.copy() for k, w in weights.items()}
    for k, (m, v) in moments.items():
        out |= {f"state/exp_avg/{k}": m, f"state/exp_avg_sq/{k}": v}
    return out


def run_torch(kind, init, grads, rates, options, dtype):
    weights, out = {k: torch.nn.Parameter(v.to(dtype, copy=True)) for k, v in init.items()}, {}
    decay, options = decays(options)
    optimizer = TORCH[kind](weights.values(), lr=rates[0], foreach=False, **options)
    for i, lr in enumerate(rates):
        optimizer.param_groups[0] |= {"lr": lr, "weight_decay": decay[i]}
        for k, w in weights.items():
            w.grad = grads[i][k].to(dtype)
        optimizer.step()
        out |= {f"{i}/{k}": w.detach().clone() for k, w in weights.items()}
    kinds = {"momentum_buffer": "momentum", "exp_avg": "exp_avg", "exp_avg_sq": "exp_avg_sq"}
    for k, w in weights.items():
        for key, value in optimizer.state[w].items():
            if key in kinds and value is not None:
                out[f"state/{kinds[key]}/{k}"] = value
    return out


OWN = {"lars": run_lars, "lamb": run_lamb}


def main():
    g = rng(1904)
    init = {k: exact(np.zeros(s) if k == "zero" else g.normal(size=s)) for k, s in SHAPES.items()}
    grads = [{k: exact(np.zeros(s) if (k, i) == ("zero", 2) else g.normal(size=s)) for k, s in SHAPES.items()} for i in range(STEPS)]
    tensors = {f"init/{k}": v for k, v in init.items()}
    tensors |= {f"grad/{i}/{k}": v for i in range(STEPS) for k, v in grads[i].items()}
    errors, params = {}, {}
    for case, (kind, rates, options) in CASES.items():
        if kind in OWN:
            reference, single = (OWN[kind](init, grads, rates, options, t) for t in (np.float64, np.float32))
        else:
            reference, single = (run_torch(kind, init, grads, rates, options, t) for t in (torch.float64, torch.float32))
        tensors |= {f"{case}/{k}": v for k, v in reference.items()}
        errors |= {f"{case}/{k}": v for k, v in error([single], reference).items()}
        params[case] = {"kind": kind, "lr": rates, "options": options, "excluded": EXCLUDED if kind in OWN else []}
    save("optimizers", DESCRIPTION, tensors, {"cases": params}, errors)
