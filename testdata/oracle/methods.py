"""Reading order 3: the methods with a teacher, a queue, prototypes or a predictor, in plain PyTorch.

Each is a module with parts `backbone`, `neck`, `head` and, where it has one, `teacher`, whose parameters have the product's names.
`loss(fields)` is the forward part of a step on `view0`, `view1`, …; `before()` and `after()` are what comes before it and after the
optimizer. MMSelfSup 0.x is what the formulas follow, for those that it has; `upstream.py` runs its own code beside them.
"""
import copy
import math

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.resnet import BasicBlock

from nets import ResNet

BLOCKS, BASE = [1, 1], 4
WIDTH = 2 * BASE


class NonLinear(nn.Module):
    """fc0 bn0 (ReLU fc_i bn_i): no biases but, if asked for, the last; the last norm may be missing or without gain and bias."""

    def __init__(self, channels, hidden, out, layers=2, last_bn=True, affine=True, last_bias=False, pool=True):
        super().__init__()
        self.layers, self.pool = layers, pool
        for i in range(layers):
            last = i == layers - 1
            width = out if last else hidden
            setattr(self, f"fc{i}", nn.Linear(channels, width, bias=last and last_bias))
            if not last or last_bn:
                setattr(self, f"bn{i}", nn.BatchNorm1d(width, affine=affine or not last))
            channels = width

    def forward(self, x):
        x = x.mean((2, 3)) if self.pool else x
        for i in range(self.layers):
            x = getattr(self, f"fc{i}")(torch.relu(x) if i else x)
            x = getattr(self, f"bn{i}")(x) if hasattr(self, f"bn{i}") else x
        return x


class LinearNeck(nn.Module):
    def __init__(self, out):
        super().__init__()
        self.fc = nn.Linear(WIDTH, out)

    def forward(self, x):
        return self.fc(x.mean((2, 3)))


class MoCoV2Neck(nn.Module):
    def __init__(self, hidden, out):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(WIDTH, hidden), nn.ReLU(), nn.Linear(hidden, out))

    def forward(self, x):
        return self.mlp(x.mean((2, 3)))


class DenseCLNeck(MoCoV2Neck):
    def __init__(self, hidden, out):
        super().__init__(hidden, out)
        self.mlp2 = nn.Sequential(nn.Conv2d(WIDTH, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, out, 1))

    def forward(self, x):
        grid = self.mlp2(x).flatten(2)
        return super().forward(x), grid, grid.mean(2)


class SwAVNeck(nn.Module):
    def __init__(self, hidden, out):
        super().__init__()
        self.projection_neck = nn.Sequential(nn.Linear(WIDTH, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, out))

    def forward(self, maps):
        return F.normalize(self.projection_neck(torch.cat([x.mean((2, 3)) for x in maps])), dim=1)


class DINONeck(nn.Module):
    """The last layer is PyTorch's weight norm with a gain of 1."""

    def __init__(self, hidden, bottleneck, out):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(WIDTH, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, bottleneck))
        self.last_layer = nn.Module()
        self.last_layer.weight_v = nn.Parameter(torch.empty(out, bottleneck))

    def forward(self, maps):
        x = F.normalize(self.mlp(torch.cat([x.mean((2, 3)) for x in maps])), dim=1)
        v = self.last_layer.weight_v
        return F.linear(x, torch._weight_norm(v, torch.ones(len(v), 1, dtype=v.dtype), 0))


class Predicting(nn.Module):
    def __init__(self, hidden, out):
        super().__init__()
        self.predictor = NonLinear(out, hidden, out, last_bn=False, last_bias=True, pool=False)


class Method(nn.Module):
    held = ()  # names of parameters that the optimizer leaves alone in the first step

    def __init__(self, neck, head=None):
        super().__init__()
        self.backbone, self.neck = ResNet(BasicBlock, BLOCKS, BASE, "small"), neck
        self.head = head or nn.Module()

    def net(self, x):
        return self.neck(self.backbone(x)[-1])

    def views(self, fields):
        return [fields[f"view{i}"] for i in range(sum(k.startswith("view") for k in fields))]

    def before(self, step): ...

    def after(self, step): ...


class Taught(Method):
    """A method with a teacher, which makes no gradient and is no parameter of the optimizer."""
    taught = ("backbone", "neck")

    def __init__(self, neck, head=None, **parts):
        super().__init__(neck, head)
        self.teacher = nn.Module()
        for part, net in parts.items():
            self.add_module(part, net)
        self.taught += tuple(parts)
        for part in self.taught:
            self.teacher.add_module(part, copy.deepcopy(getattr(self, part)))
        for p in self.teacher.parameters():
            p.requires_grad_(False)

    def teach(self, x):
        with torch.no_grad():
            return self.teacher.neck(self.teacher.backbone(x)[-1])

    def start(self):  # as a copy
        for part in self.taught:
            getattr(self.teacher, part).load_state_dict(getattr(self, part).state_dict())

    @torch.no_grad()
    def follow(self, m):
        for part in self.taught:
            for p, k in zip(getattr(self, part).parameters(), getattr(self.teacher, part).parameters()):
                k.copy_(k * m + p * (1.0 - m))


def cosine(step, base, end=1.0, steps=3):
    """MMSelfSup's MomentumUpdateHook."""
    return end - (end - base) * (math.cos(math.pi * step / steps) + 1) / 2


def latent_predict(predictor, z, target):
    return -F.cosine_similarity(predictor(z), target.detach(), dim=1, eps=1e-12).mean()


class BYOL(Taught):
    def __init__(self):
        super().__init__(NonLinear(WIDTH, 16, 8, last_bn=False), Predicting(12, 8))

    def loss(self, fields):
        (a, b), p = self.views(fields), self.head.predictor
        za, zb = self.net(a), self.net(b)
        ta, tb = self.teach(a), self.teach(b)
        return 2 * (latent_predict(p, za, tb) + latent_predict(p, zb, ta))

    def after(self, step):
        self.follow(cosine(step, 0.9))


class SimSiam(Method):
    fixed = "head.predictor"  # has a constant learning rate

    def __init__(self):
        super().__init__(NonLinear(WIDTH, 16, 8, layers=3, affine=False), Predicting(6, 8))

    def loss(self, fields):
        (a, b), p = self.views(fields), self.head.predictor
        za, zb = self.net(a), self.net(b)
        return (latent_predict(p, za, zb) + latent_predict(p, zb, za)) / 2


class BarlowTwins(Method):
    def __init__(self):
        super().__init__(NonLinear(WIDTH, 16, 8, layers=3, last_bn=False))

    def loss(self, fields):
        bn = nn.BatchNorm1d(8, affine=False, track_running_stats=False)
        a, b = [bn(self.net(x)) for x in self.views(fields)]
        c = a.T @ b / len(a)
        off = c[~torch.eye(8, dtype=torch.bool)]
        return (c.diagonal() - 1).square().sum() + 0.0051 * off.square().sum()


class VICReg(Method):
    """torch.cov and torch.var stand for the authors' own sums."""

    def __init__(self):
        super().__init__(NonLinear(WIDTH, 16, 8, layers=3, last_bn=False))

    def loss(self, fields):
        both = [self.net(x) for x in self.views(fields)]
        variance = sum(torch.relu(1 - torch.sqrt(z.var(0) + 0.0001)).mean() / 2 for z in both)
        covariance = sum(torch.cov(z.T)[~torch.eye(8, dtype=torch.bool)].square().sum() / 8 for z in both)
        return 25 * F.mse_loss(*both) + 25 * variance + covariance


class Queued(Taught):
    """A queue, oldest row first to go."""

    def add(self, name, length, dim):
        self.register_buffer(name, torch.zeros(length, dim))
        self.register_buffer(name + "_ptr", torch.zeros(()))

    @torch.no_grad()
    def push(self, name, rows):
        queue, ptr = getattr(self, name), getattr(self, name + "_ptr")
        at = int(ptr)
        queue[at:at + len(rows)] = rows
        ptr.fill_((at + len(rows)) % len(queue))

    def contrast(self, q, k, queue, temperature):
        logits = torch.cat([(q * k).sum(1, keepdim=True), q @ queue.clone().T], 1) / temperature
        return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


class MoCo(Queued):
    temperature = 0.07

    def __init__(self, neck=None):
        super().__init__(neck or LinearNeck(8))
        self.add("queue", 16, 8)

    def before(self, step):
        self.follow(0.9)

    def pair(self, fields):
        a, b = self.views(fields)
        return F.normalize(self.net(a), dim=1), F.normalize(self.teach(b), dim=1)

    def loss(self, fields):
        q, k = self.pair(fields)
        loss = self.contrast(q, k, self.queue, self.temperature)
        self.push("queue", k)
        return loss


class MoCoGroups(MoCo):
    """MoCo v2 on two devices: batch norm by halves of the batch, the keys' images shuffled between them."""
    temperature = 0.2

    def __init__(self): super().__init__(MoCoV2Neck(12, 8))

    def pair(self, fields):
        (a, b), order = self.views(fields), fields["shuffle"]
        q = torch.cat([self.net(x) for x in a.chunk(2)])
        k = torch.cat([self.teach(x) for x in b[order].chunk(2)])[torch.argsort(order)]
        return F.normalize(q, dim=1), F.normalize(k, dim=1)


class DenseCL(Queued):
    def __init__(self):
        super().__init__(DenseCLNeck(12, 8))
        self.add("queue", 16, 8)
        self.add("queue2", 16, 8)

    def before(self, step):
        self.follow(0.9)
        self.weight = 0.5 if step >= 1 else 0.0

    def loss(self, fields):
        a, b = self.views(fields)
        f = self.backbone(a)[-1]
        q, q_grid, _ = (F.normalize(x, dim=1) for x in self.neck(f))
        with torch.no_grad():
            f_k = self.teacher.backbone(b)[-1]
            k, k_grid, k2 = (F.normalize(x, dim=1) for x in self.teacher.neck(f_k))
            near = torch.einsum("ncs,nct->nst", F.normalize(f.flatten(2), dim=1), F.normalize(f_k.flatten(2), dim=1)).argmax(2)
            positive = torch.stack([k_grid[n][:, near[n]] for n in range(len(near))])
        rows = lambda x: x.transpose(1, 2).reshape(-1, x.shape[1])
        single = self.contrast(q, k, self.queue, 0.2)
        dense = self.contrast(rows(q_grid), rows(positive), self.queue2, 0.2)
        self.push("queue", k)
        self.push("queue2", k2)
        return single * (1 - self.weight) + dense * self.weight


def sinkhorn(scores, epsilon, rounds):
    """In the logarithm: another way to the same numbers as sums of exponentials."""
    log = scores / epsilon
    for _ in range(rounds):
        log = log - log.logsumexp(0, keepdim=True)
        log = log - log.logsumexp(1, keepdim=True)
    return log.exp()


class SwAV(Method):
    """Two crops of 8 and three of 4 pixels; the queue fills from the second step on, and is used in the third."""
    held = ("head.prototypes.weight",)

    def __init__(self):
        super().__init__(SwAVNeck(16, 8))
        self.head.prototypes = nn.Linear(8, 6, bias=False)
        self.head.queue = nn.Module()
        for i in range(2):
            self.head.queue.register_buffer(f"{i}", torch.zeros(8, 8))
            self.head.queue.register_buffer(f"{i}_ptr", torch.zeros(()))
            self.head.queue.register_buffer(f"{i}_filled", torch.zeros(()))

    def before(self, step):
        self.filling = step >= 1

    def loss(self, fields):
        views = self.views(fields)
        z = self.neck([self.backbone(torch.cat(views[:2]))[-1], self.backbone(torch.cat(views[2:]))[-1]])
        scores = self.head.prototypes(z).chunk(5)
        loss = 0
        for i in range(2):
            with torch.no_grad():
                queue, filled, out = getattr(self.head.queue, f"{i}"), getattr(self.head.queue, f"{i}_filled"), scores[i]
                if filled == 8:
                    out = torch.cat([queue @ self.head.prototypes.weight.T, out])
                if self.filling:
                    queue.copy_(z.chunk(5)[i])
                    filled.fill_(8)
                q = sinkhorn(out, 0.05, 3)[-8:]
            loss = loss + sum(F.cross_entropy(scores[v] / 0.1, q) for v in range(5) if v != i) / 4
        return loss / 2

    @torch.no_grad()
    def start(self):
        w = self.head.prototypes.weight
        w.copy_(F.normalize(w, dim=1))

    def after(self, step):
        """MMSelfSup does this before the next step."""
        if step >= 1:
            self.start()


class NNCLR(Queued):
    def __init__(self):
        super().__init__(NonLinear(WIDTH, 16, 8), Predicting(12, 8))
        del self.teacher
        self.add("queue", 16, 8)

    def start(self): ...

    def loss(self, fields):
        z1, z2 = (self.net(x) for x in self.views(fields))
        p1, p2 = self.head.predictor(z1), self.head.predictor(z2)
        near = lambda z: self.queue[(F.normalize(z, dim=1).detach() @ self.queue.T).argmax(1)]
        one = lambda n, p: F.cross_entropy(F.normalize(n, dim=1) @ F.normalize(p, dim=1).T / 0.1, torch.arange(len(n)))
        loss = one(near(z1), p2) / 2 + one(near(z2), p1) / 2
        self.push("queue", F.normalize(z1, dim=1))
        return loss


class MoCoV3(Taught):
    def __init__(self):
        super().__init__(NonLinear(WIDTH, 16, 8, affine=False), Predicting(12, 8))

    def loss(self, fields):
        a, b = self.views(fields)
        za, zb = self.net(a), self.net(b)
        ta, tb = self.teach(a), self.teach(b)

        n, p = (lambda x: F.normalize(x, dim=1)), self.head.predictor
        one = lambda z, k: 2 * 0.2 * F.cross_entropy(n(p(z)) @ n(k).T / 0.2, torch.arange(len(z)))
        return one(za, tb) + one(zb, ta)

    def after(self, step):
        self.follow(cosine(step, 0.9))


class DINO(Taught):
    """Two large crops and one small one; the last layer stays in the first step."""
    held = ("neck.last_layer.weight_v",)

    def __init__(self):
        super().__init__(DINONeck(16, 8, 12))
        self.head.register_buffer("center", torch.zeros(1, 12))

    def before(self, step):
        self.temperature = 0.04 + (0.07 - 0.04) * min(step / 2, 1)

    def loss(self, fields):
        a, b, c = self.views(fields)
        s = self.neck([self.backbone(torch.cat([a, b]))[-1], self.backbone(c)[-1]]).chunk(3)
        with torch.no_grad():
            t = self.teacher.neck([self.teacher.backbone(torch.cat([a, b]))[-1]])
            p = F.softmax((t - self.head.center) / self.temperature, dim=1).chunk(2)
            self.head.center.copy_(self.head.center * 0.9 + t.mean(0, keepdim=True) * 0.1)
        pairs = [(v, i) for i in range(2) for v in range(3) if v != i]
        return sum(F.cross_entropy(s[v] / 0.1, p[i]) for v, i in pairs) / len(pairs)

    def after(self, step):
        self.follow(cosine(step, 0.9))


class RotationPred(Method):
    def __init__(self):
        super().__init__(nn.Identity())
        self.head.fc_cls = nn.Linear(WIDTH, 4)

    def loss(self, fields):
        x = fields["view0"]
        maps = self.backbone(torch.cat([torch.rot90(x, r, (2, 3)) for r in range(4)]))[-1]
        logits = self.head.fc_cls(maps.mean((2, 3)))
        return F.cross_entropy(logits, torch.arange(4).repeat_interleave(len(x)))


class DeepCluster(Method):
    """Weighs the classes, as with reweight; the labels are those of a clustering before the step."""

    def __init__(self):
        super().__init__(nn.Identity())
        self.head.fc_cls = nn.Linear(WIDTH, 5)
        self.register_buffer("class_weight", torch.zeros(5))

    def start(self):
        w = torch.tensor([1, 4, 2, 7, 3.0]).pow(-0.5)
        self.class_weight.copy_(w / w.sum())

    def loss(self, fields):
        return F.cross_entropy(self.head.fc_cls(self.net(fields["view0"]).mean((2, 3))), fields["pseudo_label"], weight=self.class_weight)


class ODCNeck(nn.Module):
    def __init__(self, hidden, out):
        super().__init__()
        self.fc0, self.bn0, self.fc1 = nn.Linear(WIDTH, hidden), nn.BatchNorm1d(hidden, momentum=0.001, affine=False), nn.Linear(hidden, out)

    def forward(self, x, draws):
        x = torch.relu(self.bn0(self.fc0(x.mean((2, 3)))))
        return torch.relu(self.fc1(torch.where(draws >= 0.5, x * 2, 0)))


class Clusters(nn.Module):
    """A memory of twenty images in five clusters; images may be in a batch twice, and the last place counts."""

    def __init__(self, dim):
        super().__init__()
        for name, shape in {"feature_bank": (20, dim), "label_bank": (20,), "centroids": (5, dim), "counts": (5,)}.items():
            self.register_buffer(name, torch.zeros(shape))

    def start(self):
        self.feature_bank.copy_(F.normalize(self.feature_bank, dim=1))
        self.label_bank.copy_(torch.arange(20) % 5)
        self.label_bank[:4] = 0
        self.counts.copy_(torch.bincount(self.label_bank.long(), minlength=5))


class ODC(Method):
    def __init__(self):
        super().__init__(ODCNeck(16, 6))
        self.head.fc_cls = nn.Linear(6, 5)
        self.memory = Clusters(6)

    def start(self):
        self.memory.start()

    def loss(self, fields):
        m, idx = self.memory, fields["idx"].long()
        z = self.neck(self.backbone(fields["view0"])[-1], fields["neck.dropout"])
        weight = (1 / (m.counts + 1e-10)) ** 0.5
        loss = F.cross_entropy(self.head.fc_cls(z), m.label_bank[idx].long(), weight=weight / weight.sum())
        with torch.no_grad():
            length = lambda x: x / (x.norm(dim=1, keepdim=True) + 1e-10)
            new = length(0.5 * m.feature_bank[idx] + 0.5 * length(z))
            for i, row in zip(idx, new):
                m.feature_bank[i] = row
                m.label_bank[i] = (m.centroids @ row).argmax()
            m.counts.copy_(torch.bincount(m.label_bank.long(), minlength=5))
        return loss


class RelativeLocNeck(nn.Module):
    def __init__(self, out):
        super().__init__()
        self.fc, self.bn = nn.Linear(2 * WIDTH, out), nn.BatchNorm1d(out, momentum=0.003)

    def forward(self, x):
        return torch.relu(self.bn(self.fc(x.mean((2, 3)))))


class RelativeLoc(Method):
    """Nine patches of 4 pixels in a view of 12. Each middle patch goes through the network once."""

    def __init__(self):
        super().__init__(RelativeLocNeck(16))
        self.head.fc_cls = nn.Linear(16, 8)

    def loss(self, fields):
        x = fields["view0"]
        patches = [x[:, :, i:i + 4, j:j + 4] for i in (0, 4, 8) for j in (0, 4, 8)]
        outer = self.backbone(torch.cat(patches[:4] + patches[5:]))[-1]
        middle = self.backbone(patches[4])[-1].repeat(8, 1, 1, 1)
        z = self.neck(torch.cat([outer, middle], 1))
        z = torch.where(fields["neck.dropout"] >= 0.5, z * 2, 0)
        return F.cross_entropy(self.head.fc_cls(z), torch.arange(8).repeat_interleave(len(x)))


class NPID(Method):
    """A memory of 20 images, of which 12 are drawn as negatives. In a batch the last of a repeated image counts."""
    drawn = 20

    def __init__(self):
        super().__init__(LinearNeck(8))
        self.memory = nn.Module()
        self.memory.register_buffer("feature_bank", torch.zeros(20, 8))

    def negatives(self, fields):
        return fields["negatives"]

    def loss(self, fields):
        v, idx, bank = F.normalize(self.net(fields["view0"]), dim=1), fields["idx"], self.memory.feature_bank
        positive = torch.einsum("nc,nc->n", bank[idx], v)
        negative = torch.bmm(bank[self.negatives(fields)], v.unsqueeze(2)).squeeze(2)
        loss = F.cross_entropy(torch.cat([positive[:, None], negative], 1) / 0.2, torch.zeros(len(v), dtype=torch.long))
        with torch.no_grad():
            old = bank[idx].clone()
            for i, row in enumerate(idx):
                bank[row] = F.normalize(0.75 * old[i] + 0.25 * v[i], dim=0)
        return loss


class NPIDEnsureNeg(NPID):
    """What is drawn counts the other images alone."""
    drawn = 19

    def negatives(self, fields):
        others = [[j for j in range(20) if j != i] for i in fields["idx"].tolist()]
        return torch.tensor(others).gather(1, fields["negatives"])


class InterCLR(Queued):
    """MoCo v2 and a memory of twenty images: a positive of the own cluster, six negatives of others. Samples are chosen in loops over lists, and margins of angles by the angles."""
    sampling, online, kept, warmup = "semihard", True, 0.0, 0
    intra, inter = ("cos", 0.0), ("cos", -0.5)
    drawn = (12, 2**31)  # how many draws for the negatives of an image, and below which number

    def __init__(self, **parts):
        super().__init__(MoCoV2Neck(12, 8), **parts)
        self.add("queue", 16, 8)
        self.memory = Clusters(8)

    def start(self):
        super().start()
        self.memory.start()

    def before(self, step):
        self.follow(0.9)
        self.weights = (0.75, 0.25) if step >= self.warmup else (1.0, 0.0)

    def encode(self, fields):
        """Queries and keys, for either part of the loss."""
        a, b = self.views(fields)
        q, k = F.normalize(self.net(a), dim=1), F.normalize(self.teach(b), dim=1)
        return (q, k), (q, k)

    @staticmethod
    def widen(c, kind, by):
        if kind == "cos":
            return c - by
        angle = c.acos()
        inside = angle + by > 0 if by < 0 else angle + by < math.pi
        return torch.where(inside, torch.cos(angle + by), c - abs(by) * math.sin(by))

    def negatives(self, own, near, draws):
        """near are all rows, the most similar first."""
        labels = self.memory.label_bank
        if self.sampling == "random":
            others = sorted((j for j in range(20) if labels[j] != own), key=lambda j: labels[j])
            return [others[d % len(others)] for d in draws]
        if self.sampling == "hard":
            others = [j for j in near if labels[j] != own]
        else:
            pool = near[:12] if self.sampling == "semihard" else near[::-1][:12]
            others = [j for _, j in sorted(((d, j) for d, j in zip(draws, pool) if labels[j] != own), reverse=True)]
        return (others[:6] * 6)[:6]

    def loss(self, fields):
        (q, k), (q2, k2) = self.encode(fields)
        logits = lambda positive, negative: F.cross_entropy(torch.cat([positive[:, None], negative], 1) / 0.2, torch.zeros(len(q), dtype=torch.long))
        intra = logits(self.widen((q * k).sum(1), *self.intra), q @ self.queue.clone().T)
        self.push("queue", k)

        bank, labels, idx = self.memory.feature_bank.clone(), self.memory.label_bank, fields["idx"].long()
        near = (q2.detach() @ bank.T).argsort(1, descending=True).tolist()
        own = labels[idx].tolist()
        members = [[j for j in range(20) if labels[j] == c] for c in own]
        positive = bank[[m[d % len(m)] for m, d in zip(members, fields["positives"].tolist())]]
        draws = fields["negatives"].tolist() if self.drawn else near
        chosen = torch.tensor([self.negatives(*x) for x in zip(own, near, draws)])
        inter = logits(self.widen((q2 * positive).sum(1), *self.inter), torch.einsum("nc,nkc->nk", q2, bank[chosen]))
        self.keep(idx, bank, k2)
        return self.weights[0] * intra + self.weights[1] * inter

    @torch.no_grad()
    def keep(self, idx, old, k):
        m = self.memory
        for i, row in zip(idx, F.normalize(self.kept * old[idx] + (1 - self.kept) * k, dim=1)):
            m.feature_bank[i] = row
            if self.online:
                m.label_bank[i] = (m.centroids @ row).argmax()
        m.counts.copy_(torch.bincount(m.label_bank.long(), minlength=5))


class InterCLRHard(InterCLR):
    """A second neck, and margins of angles, which widen and narrow."""
    sampling, kept = "hard", 0.25
    intra, inter = ("arc", 0.4), ("arc", -0.3)
    drawn = None

    def __init__(self):
        super().__init__(inter_neck=MoCoV2Neck(12, 8))

    def encode(self, fields):
        a, b = self.views(fields)
        f = self.backbone(a)[-1]
        with torch.no_grad():
            g = self.teacher.backbone(b)[-1]
            keys = self.teacher.neck(g), self.teacher.inter_neck(g)
        return [(F.normalize(q, dim=1), F.normalize(k, dim=1)) for q, k in zip((self.neck(f), self.inter_neck(f)), keys)]


class InterCLRSemieasy(InterCLR):
    """Clusters that stay, and a part of the loss that counts from the second step on."""
    sampling, online, warmup = "semieasy", False, 1
    intra, inter = ("cos", 0.1), ("arc", 0.7)


class InterCLRRandom(InterCLR):
    """On two devices."""
    sampling = "random"
    drawn = (6, 2**40)

    def encode(self, fields):
        q, k = MoCoGroups.pair(self, fields)
        return (q, k), (q, k)


METHODS = {"byol": BYOL, "simsiam": SimSiam, "barlowtwins": BarlowTwins, "vicreg": VICReg, "moco": MoCo, "moco_groups": MoCoGroups,
           "densecl": DenseCL, "swav": SwAV, "nnclr": NNCLR, "mocov3": MoCoV3, "dino": DINO, "rotation_pred": RotationPred, "relative_loc": RelativeLoc, "deepcluster": DeepCluster, "odc": ODC,
           "npid": NPID, "npid_ensure_neg": NPIDEnsureNeg, "interclr": InterCLR, "interclr_hard": InterCLRHard, "interclr_semieasy": InterCLRSemieasy, "interclr_random": InterCLRRandom}
SIZES = {"swav": [8, 8, 4, 4, 4], "dino": [8, 8, 4], "rotation_pred": [8], "relative_loc": [12], "deepcluster": [8], "odc": [8], "npid": [8], "npid_ensure_neg": [8]}
