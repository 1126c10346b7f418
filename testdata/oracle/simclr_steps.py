"""Three whole SimCLR training steps with their state, with LARS and with AdamW."""
import re

import torch

from nets import BasicBlock, encoder, fill, float32_runs, state
from ntxent import view_major
from optimizers import lars
from store import error, exact, rng, save

BLOCKS, BASE, HIDDEN, OUT, TEMPERATURE = [1, 1, 1, 1], 2, 16, 8, 0.1
IMAGES, SIZE, STEPS = 4, 16, 3
LARS = {"momentum": 0.9, "weight_decay": 1e-6, "eta": 0.001, "eps": 1e-8}
LARS_LR = [0.005, 0.01, 0.0075]
ADAMW = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.05}
ADAMW_LR = [0.001, 0.002, 0.0015]
# MMSelfSup's SimCLR: the gain of a shortcut's norm (downsample.1.weight) does not match, so it keeps decay and adaptation.
PATTERNS = [r"(bn|gn)(\d+)?.(weight|bias)", "bias"]

COMMON = (
    "ResNet of one BasicBlock a stage, base channels {base}, small stem; nonlinear neck (average pool, fc0 bn0 ReLU fc1 bn1, no biases); "
    "contrastive head, temperature 0.1; {images} images a step, two views; batch norm over all {views} images in one forward. "
)
DESCRIPTION = COMMON + (
    "init/NAME: parameters and running statistics before. step/I/view/V: input of step I = 0..2; step/I/loss; step/0/grad/NAME; "
    "step/I/state/NAME and step/I/momentum/NAME: after step I. LARS; learning rates and excluded names are in the JSON."
)
DESCRIPTION_ADAMW = COMMON + (
    "Start and inputs are those of simclr_steps. step/I/loss; final/NAME, final/exp_avg/NAME, final/exp_avg_sq/NAME: after three steps "
    "of AdamW; excluded names have no weight decay."
)


def loss_and_grads(net, views):
    net.zero_grad()
    loss = view_major(net.neck(net.backbone(torch.cat(views))[4]), TEMPERATURE)
    loss.backward()
    return loss.detach()


def run_lars(net, views, excluded):
    out, momenta = {}, {}
    weights = {k: p.detach().numpy() for k, p in net.named_parameters()}
    for i in range(STEPS):
        out[f"step/{i}/loss"] = loss_and_grads(net, views[i])
        grads = {k: p.grad.numpy() for k, p in net.named_parameters()}
        if i == 0:
            out |= {f"step/0/grad/{k}": g.copy() for k, g in grads.items()}
        lars(weights, grads, momenta, LARS_LR[i], excluded, **LARS)
        out |= {f"step/{i}/state/{k}": v for k, v in state(net).items()}
        out |= {f"step/{i}/momentum/{k}": v.copy() for k, v in momenta.items()}
    return out


def run_adamw(net, views, excluded):
    named, out = dict(net.named_parameters()), {}
    groups = [{"params": [p for k, p in named.items() if k not in excluded]},
              {"params": [p for k, p in named.items() if k in excluded], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=ADAMW_LR[0], foreach=False, **ADAMW)
    for i in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = ADAMW_LR[i]
        out[f"step/{i}/loss"] = loss_and_grads(net, views[i])
        optimizer.step()
    out |= {f"final/{k}": v for k, v in state(net).items()}
    return out | {f"final/{kind}/{k}": optimizer.state[p][kind].clone() for k, p in named.items() for kind in ("exp_avg", "exp_avg_sq")}


def main():
    g = rng(2025)
    net = encoder(BasicBlock, BLOCKS, BASE, "small", HIDDEN, OUT)
    fill(net, g)
    shared = g.normal(size=(STEPS, 1, IMAGES, 3, SIZE, SIZE))
    inputs = exact(shared + g.normal(size=(STEPS, 2, IMAGES, 3, SIZE, SIZE)))
    excluded = sorted(k for k, _ in net.named_parameters() if any(re.search(p, k) for p in PATTERNS))
    start = state(net)
    common = {"depth": 10, "blocks": BLOCKS, "base_channels": BASE, "stem_channels": BASE, "stem": "small", "hid_channels": HIDDEN,
              "out_channels": OUT, "num_layers": 2, "with_bias": False, "with_last_bn": True, "with_last_bn_affine": True,
              "with_last_bias": False, "temperature": TEMPERATURE, "images": IMAGES, "views": 2, "patterns": PATTERNS,
              "excluded": excluded}
    words = {"base": BASE, "images": IMAGES, "views": 2 * IMAGES}
    views = [list(inputs[i]) for i in range(STEPS)]
    tensors = {f"init/{k}": v for k, v in start.items()}
    tensors |= {f"step/{i}/view/{v}": x for i in range(STEPS) for v, x in enumerate(views[i])}
    for name, run, text, options in (
            ("simclr_steps", run_lars, DESCRIPTION, {"optimizer": "lars", "lr": LARS_LR, "options": LARS}),
            ("simclr_steps_adamw", run_adamw, DESCRIPTION_ADAMW, {"optimizer": "adamw", "lr": ADAMW_LR, "options": ADAMW})):
        net.load_state_dict(start, strict=False)
        singles = [run(n, [[cast(x) for x in step] for step in views], excluded) for n, cast in float32_runs(net)]
        reference = run(net, views, excluded)
        save(name, text.format(**words), (tensors if run is run_lars else {}) | reference, common | options, error(singles, reference))
