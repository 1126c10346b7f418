"""Vision transformers: every map, every gradient of one training forward and backward. Written from Dosovitskiy et al. 2020 with PyTorch's
modules; parameters have MMSelfSup's names."""
import copy
import math

import torch
from torch import nn
from torch.nn import functional as F

from store import error, exact, rng, save

# name: options, images, seed. positions of `learned` are those of the grid `table`, resized when the images have another.
CASES = {
    "vit_sincos": ({"dim": 24, "layers": 3, "heads": 3, "hidden": 40, "patch": 4, "position": "sincos", "class_token": True, "qkv_bias": True,
                    "final_norm": True, "out_type": "cls_token", "drop_path": 0.4, "table": [3, 3]}, (4, 3, 12, 12), 31),
    "vit_learned": ({"dim": 16, "layers": 2, "heads": 2, "hidden": 64, "patch": 3, "position": "learned", "class_token": True, "qkv_bias": False,
                     "final_norm": True, "out_type": "featmap", "drop_path": 0.0, "table": [3, 2]}, (3, 2, 12, 15), 32),
    "vit_average": ({"dim": 16, "layers": 2, "heads": 4, "hidden": 32, "patch": 2, "position": "learned", "class_token": False, "qkv_bias": True,
                     "final_norm": False, "out_type": "avg_featmap", "drop_path": 0.0, "table": [3, 4]}, (3, 1, 6, 8), 33),
}
EPS = 1e-6

DESCRIPTION = (
    "ViT: see params. x: images (batch, channel, height, width). state/NAME: parameters. noise (2*layers, batch): branch 2i is the attention, "
    "2i+1 the MLP of block i, dropped where noise < drop_path*i/(layers-1), else divided by the rest. out/0: result of the first block, "
    "out/1: that of the last, after the final norm, both as out_type says. loss = sum(out/1 * loss_weight) / batch. grad/NAME, grad/x."
)


def sincos(rows, columns, dim):
    """Sine and cosine of the row, then of the column, at frequencies 10000^(-4i/dim)."""
    omega = 10000.0 ** (-torch.arange(dim // 4, dtype=torch.float64) / (dim // 4))
    r, c = torch.arange(rows).repeat_interleave(columns), torch.arange(columns).repeat(rows)
    row, column = r[:, None] * omega, c[:, None] * omega
    return torch.cat([row.sin(), row.cos(), column.sin(), column.cos()], 1)[None]


class Attention(nn.Module):
    def __init__(self, dim, heads, bias):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(dim, 3 * dim, bias=bias), nn.Linear(dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        p = (q @ k.transpose(-2, -1) / math.sqrt(d // self.heads)).softmax(-1)
        return self.proj((p @ v).transpose(1, 2).reshape(b, n, d))


class Block(nn.Module):
    def __init__(self, o):
        super().__init__()
        d = o["dim"]
        self.ln1, self.ln2 = nn.LayerNorm(d, EPS), nn.LayerNorm(d, EPS)
        self.attn = Attention(d, o["heads"], o["qkv_bias"])
        self.ffn = nn.Module()
        self.ffn.layers = nn.Sequential(nn.Sequential(nn.Linear(d, o["hidden"]), nn.GELU()), nn.Linear(o["hidden"], d))

    def forward(self, x, noise, rate):
        def drop(y, u):
            return y if rate == 0 else y * ((u >= rate).to(y.dtype) / (1 - rate))[:, None, None]

        x = x + drop(self.attn(self.ln1(x)), noise[0])
        return x + drop(self.ffn.layers(self.ln2(x)), noise[1])


class ViT(nn.Module):
    def __init__(self, o, channels):
        super().__init__()
        self.o, d = o, o["dim"]
        self.patch_embed = nn.Module()
        self.patch_embed.projection = nn.Conv2d(channels, d, o["patch"], o["patch"])
        extra = int(o["class_token"])
        if extra:
            self.cls_token = nn.Parameter(torch.zeros(1, 1, d))
        if o["position"] == "learned":
            self.pos_embed = nn.Parameter(torch.zeros(1, extra + math.prod(o["table"]), d))
        self.layers = nn.ModuleList(Block(o) for _ in range(o["layers"]))
        if o["final_norm"]:
            self.ln1 = nn.LayerNorm(d, EPS)

    def positions(self, grid, like):
        d, extra = self.o["dim"], int(self.o["class_token"])
        if self.o["position"] == "sincos":
            return torch.cat([torch.zeros(1, extra, d), sincos(*grid, d)], 1).to(like.dtype)
        table = self.pos_embed[:, extra:].reshape(1, *self.o["table"], d).permute(0, 3, 1, 2)
        if tuple(self.o["table"]) != tuple(grid):
            table = F.interpolate(table, size=grid, mode="bicubic", align_corners=False)
        return torch.cat([self.pos_embed[:, :extra], table.flatten(2).transpose(1, 2)], 1)

    def output(self, t, grid):
        patches = t[:, int(self.o["class_token"]):]
        return {"cls_token": lambda: t[:, 0], "avg_featmap": lambda: patches.mean(1),
                "featmap": lambda: patches.transpose(1, 2).reshape(len(t), -1, *grid)}[self.o["out_type"]]()

    def forward(self, x, noise):
        y = self.patch_embed.projection(x)
        grid = y.shape[2:]
        t = y.flatten(2).transpose(1, 2)
        if self.o["class_token"]:
            t = torch.cat([self.cls_token.expand(len(t), -1, -1), t], 1)
        t = t + self.positions(grid, t)
        outs, n = [], len(self.layers)
        for i, layer in enumerate(self.layers):
            t = layer(t, noise[2 * i:2 * i + 2], self.o["drop_path"] * i / (n - 1))
            if i == n - 1 and self.o["final_norm"]:
                t = self.ln1(t)
            if i in (0, n - 1):
                outs.append(self.output(t, grid))
        return outs


def fill(net, g):
    """No gain is 1, no bias 0; scores are large enough for attention to choose."""
    for name, t in net.named_parameters():
        if "ln" in name and name.endswith("weight"):
            values = g.uniform(0.5, 1.5, t.shape)
        elif t.dim() > 1 and not name.endswith(("pos_embed", "cls_token")):
            values = g.normal(0, math.sqrt((3 if "qkv" in name else 1) / t[0].numel()), t.shape)
        else:
            values = g.normal(0, 0.3, t.shape)
        t.data.copy_(exact(values))


def step(net, x, noise, weight):
    x = x.clone().requires_grad_()
    outs = net.backbone(x, noise)
    loss = (outs[1] * weight).sum() / len(x)
    loss.backward()
    result = {f"out/{i}": out for i, out in enumerate(outs)} | {"loss": loss, "grad/x": x.grad}
    return result | {f"grad/{name}": p.grad for name, p in net.named_parameters()}


def main():
    for name, (options, shape, seed) in CASES.items():
        g = rng(seed)
        net = nn.Module()
        net.backbone = ViT(options, shape[1])
        net = net.double()
        fill(net, g)
        x, noise = exact(g.normal(size=shape)), exact(g.uniform(size=(2 * options["layers"], shape[0])))
        weight = exact(g.normal(size=net.backbone(x, noise)[1].shape))
        before = {f"state/{k}": v.detach().clone() for k, v in net.named_parameters()}
        single = []
        for onednn in (True, False):
            with torch.backends.mkldnn.flags(enabled=onednn):
                single.append(step(copy.deepcopy(net).float(), x.float(), noise.float(), weight.float()))
        reference = step(net, x, noise, weight)
        save(name, DESCRIPTION, {"x": x, "noise": noise, "loss_weight": weight} | before | reference, options, error(single, reference))
