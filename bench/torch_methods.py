"""The methods beside SimCLR that the benchmarks time, on the small network, written as a careful PyTorch user would. Imports torch alone."""
import copy

import torch
from torch import nn
from torch.nn import functional as F

from torch_nets import trunk


def small():
    return nn.Sequential(*trunk(1, 5, 2, [32, 64, 128], 1))


def pooled(size):
    return [nn.AdaptiveAvgPool2d(size), nn.Flatten()]


def mlp(features, hidden, out, bias=False):
    return [nn.Linear(features, hidden, bias=bias), nn.BatchNorm1d(hidden), nn.ReLU(True), nn.Linear(hidden, out)]


class SplitNorm(nn.BatchNorm2d):
    """Batch norm with statistics of each of several parts of the batch, by a view."""
    parts = 8

    def forward(self, x):
        n, c, h, w = x.shape
        mean, var = self.running_mean.repeat(self.parts), self.running_var.repeat(self.parts)
        y = F.batch_norm(x.reshape(-1, c * self.parts, h, w), mean, var, self.weight.repeat(self.parts), self.bias.repeat(self.parts), True, self.momentum, self.eps)
        with torch.no_grad():
            self.running_mean.copy_(mean.view(self.parts, c).mean(0))
            self.running_var.copy_(var.view(self.parts, c).mean(0))
        return y.view(n, c, h, w)


def split(module):
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, SplitNorm(child.num_features))
        else:
            split(child)
    return module


class Method(nn.Module):
    """views are the number and size of the crops; loss takes a batch of each size, crop after crop."""
    views = [(2, 28)]

    def teach(self, *names, momentum):
        """Makes teachers of the named modules, which move after each step."""
        self.momentum, self.pupils = momentum, [getattr(self, n) for n in names]
        teachers = [copy.deepcopy(p).requires_grad_(False) for p in self.pupils]
        self.teachers = nn.ModuleList(teachers)

    @torch.no_grad()
    def after(self):
        if not hasattr(self, "teachers"):
            return
        old = [t for m in self.teachers for t in m.parameters()]
        new = [t for m in self.pupils for t in m.parameters()]
        torch._foreach_mul_(old, self.momentum)
        torch._foreach_add_(old, new, alpha=1 - self.momentum)


class MoCo(Method):
    def __init__(self):
        super().__init__()
        self.net = split(nn.Sequential(small(), *pooled(4), nn.Linear(2048, 512), nn.ReLU(True), nn.Linear(512, 128)))
        self.teach("net", momentum=0.99)
        self.register_buffer("queue", F.normalize(torch.randn(4096, 128)))
        self.at = 0

    def loss(self, crops):
        a, b = crops[0].chunk(2)
        q = F.normalize(self.net(a))
        with torch.no_grad():
            order = torch.randperm(len(b))
            k = F.normalize(self.teachers[0](b[order]))[torch.argsort(order)]
        logits = torch.cat([(q * k).sum(1, keepdim=True), q @ self.queue.clone().T], 1) / 0.2
        self.keys = k
        return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))

    @torch.no_grad()
    def after(self):
        super().after()
        self.queue[self.at:self.at + len(self.keys)] = self.keys
        self.at = (self.at + len(self.keys)) % len(self.queue)


class BYOL(Method):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(small(), *pooled(4), *mlp(2048, 512, 128))
        self.predictor = nn.Sequential(*mlp(128, 256, 128))
        self.teach("net", momentum=0.99)

    def loss(self, crops):
        a, b = crops[0].chunk(2)
        one, two = self.predictor(self.net(a)), self.predictor(self.net(b))
        with torch.no_grad():
            to_one, to_two = self.teachers[0](b), self.teachers[0](a)
        return -2 * (F.cosine_similarity(one, to_one).mean() + F.cosine_similarity(two, to_two).mean())


class SwAV(Method):
    views = [(2, 28), (6, 16)]

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(small(), *pooled(2))
        self.neck = nn.Sequential(*mlp(512, 512, 128, bias=True))
        self.prototypes = nn.Linear(128, 256, bias=False)

    @torch.no_grad()
    def assign(self, scores):
        q = torch.exp(scores / 0.05).T
        q /= q.sum()
        for _ in range(3):
            q /= q.sum(1, keepdim=True) * len(q)
            q /= q.sum(0, keepdim=True) * q.shape[1]
        return (q * q.shape[1]).T

    def loss(self, crops):
        z = F.normalize(self.neck(torch.cat([self.net(x) for x in crops])))
        scores = self.prototypes(z).chunk(8)
        logs = [F.log_softmax(s / 0.1, 1) for s in scores]
        loss = 0
        for a in range(2):
            q = self.assign(scores[a].detach())
            loss = loss - sum((q * logs[v]).sum(1).mean() for v in range(8) if v != a) / 7
        return loss / 2

    @torch.no_grad()
    def after(self):
        self.prototypes.weight.copy_(F.normalize(self.prototypes.weight))


class DINO(Method):
    views = [(2, 28), (2, 16)]

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(small(), *pooled(4))
        self.neck = nn.Sequential(nn.Linear(16 * 128, 256), nn.GELU(), nn.Linear(256, 256), nn.GELU(), nn.Linear(256, 128))
        self.last = nn.Linear(128, 1024, bias=False)
        self.teach("net", "neck", "last", momentum=0.99)
        self.register_buffer("center", torch.zeros(1, 1024))

    @staticmethod
    def head(neck, last, x):
        return F.linear(F.normalize(neck(x)), F.normalize(last.weight))

    def loss(self, crops):
        student = self.head(self.neck, self.last, torch.cat([self.net(x) for x in crops])).chunk(4)
        with torch.no_grad():
            net, neck, last = self.teachers
            out = self.head(neck, last, net(crops[0]))
            targets = F.softmax((out - self.center) / 0.04, 1).chunk(2)
            self.center.mul_(0.9).add_(out.mean(0, keepdim=True), alpha=0.1)
        logs = [F.log_softmax(s / 0.1, 1) for s in student]
        return -sum((targets[a] * logs[v]).sum(1).mean() for a in range(2) for v in range(4) if v != a) / 6


METHODS = {"mocov2": MoCo, "byol": BYOL, "swav": SwAV, "dino": DINO}


def build_method(name, batch, dtype, channels_last, compiled, seed=0):
    """As torch_nets.build, for a method: returns a step on noise, the module, and the number of images."""
    torch.manual_seed(seed)
    batch = batch or 256
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = METHODS[name]().train().to(memory_format=layout)
    noise = [torch.randn(n * batch, 1, size, size).to(memory_format=layout) for n, size in model.views]
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-3, weight_decay=0.01, fused=True)

    def forward(crops):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bf16"):
            return model.loss(crops).float()

    forward = torch.compile(forward) if compiled else forward

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = forward(noise)
        loss.backward()
        optimizer.step()
        model.after()
        return loss.item()

    return step, model, batch
