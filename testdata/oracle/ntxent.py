"""NT-Xent (Chen et al., 2020, eq. 1) in MMSelfSup's form, in both orders of a batch of two views."""
import numpy as np
import torch
from torch.nn import functional as F

from store import error, exact, rng, save

# images, dim, temperature, scale of z: the last shows the 1e-10 of the normalisation.
CASES = [(4, 8, 0.1, 1), (7, 5, 0.5, 1), (16, 32, 0.2, 1), (3, 4, 0.5, 1e-6)]

DESCRIPTION = (
    "SimCLR's loss for bB_dD_tT: B images, two views, D dimensions, temperature T; z/(|z|+1e-10), cosine logits without the diagonal, "
    "positive = the other view of the image, mean over 2B rows. ORDER/z: (2B, D) before normalisation; ORDER/grad: gradient; ORDER/loss. "
    "image_major: a1 b1 a2 b2 ...; view_major: a1 a2 ... b1 b2 ... (the same rows, hence equal loss)."
)


def normalise(z):
    return z / (z.norm(dim=1, keepdim=True) + 1e-10)


def image_major(z, temperature):
    """The head's own form: a column of positives before the negatives, cross entropy with class 0."""
    n = len(z)
    s = normalise(z) @ normalise(z).T
    s = s[~torch.eye(n, dtype=torch.bool)].reshape(n, n - 1)
    positive = torch.zeros(n, n, dtype=torch.bool)
    positive[torch.arange(n), torch.arange(n) ^ 1] = True
    positive = positive[~torch.eye(n, dtype=torch.bool)].reshape(n, n - 1)
    logits = torch.cat([s[positive].reshape(n, 1), s[~positive].reshape(n, n - 2)], 1) / temperature
    return F.cross_entropy(logits, torch.zeros(n, dtype=torch.long))


def view_major(z, temperature):
    """Equation 1 written out: log-sum-exp over the others less the sibling."""
    n = len(z)
    s = normalise(z) @ normalise(z).T / temperature
    sibling = s[torch.arange(n), (torch.arange(n) + n // 2) % n]
    others = s.masked_fill(torch.eye(n, dtype=torch.bool), float("-inf"))
    return (torch.logsumexp(others, 1) - sibling).mean()


def evaluate(order, z, temperature):
    z = z.clone().requires_grad_()
    loss = order(z, temperature)
    loss.backward()
    return {f"{order.__name__}/loss": loss, f"{order.__name__}/grad": z.grad}


def main():
    tensors, errors, params = {}, {}, {}
    g = rng(2002)
    for images, dim, temperature, scale in CASES:
        case = f"b{images}_d{dim}_t{temperature}" + ("" if scale == 1 else "_tiny")
        base = g.normal(size=(images, 1, dim)) + g.normal(size=(images, 2, dim))
        z = {"image_major": exact(base.reshape(-1, dim) * scale)}
        z["view_major"] = z["image_major"].reshape(images, 2, dim).transpose(0, 1).reshape(-1, dim).contiguous()
        reference, single = {}, {}
        for order in (image_major, view_major):
            rows = z[order.__name__]
            reference |= evaluate(order, rows, temperature)
            single |= evaluate(order, rows.float(), temperature)
            tensors[f"{case}/{order.__name__}/z"] = rows
        np.testing.assert_allclose(reference["image_major/loss"].item(), reference["view_major/loss"].item(), rtol=1e-13)
        tensors |= {f"{case}/{k}": v for k, v in reference.items()}
        errors |= {f"{case}/{k}": v for k, v in error([single], reference).items()}
        params[case] = {"images": images, "dim": dim, "temperature": temperature, "eps": 1e-10, "scale": scale}
    save("ntxent", DESCRIPTION, tensors, {"cases": params}, errors)
