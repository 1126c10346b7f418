"""The networks, loss and optimizers that the benchmarks time, written as a careful PyTorch user would. Imports torch alone."""
import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class Bottleneck(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        out = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = F.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


def neck(features, hidden, out):
    return [nn.Linear(features, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(True), nn.Linear(hidden, out)]


def resnet50(hidden, out):
    layers, last = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)], 64
    for stage, blocks in enumerate([3, 4, 6, 3]):
        for i in range(blocks):
            layers.append(Bottleneck(last, 64 << stage, 2 if stage > 0 and i == 0 else 1))
            last = 256 << stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *neck(last, hidden, out))


class Encoding(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.qkv, self.proj = nn.LayerNorm(dim, eps=1e-6), nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.norm2, self.fc1, self.fc2 = nn.LayerNorm(dim, eps=1e-6), nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x):
        n, tokens, dim = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, tokens, dim))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class ViT(nn.Module):
    def __init__(self, size, patch, dim, depth, heads, hidden, out):
        super().__init__()
        self.patches = nn.Conv2d(3, dim, patch, patch)
        self.token = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.positions = nn.Parameter(torch.randn(1, 1 + (size // patch) ** 2, dim) * 0.02)
        self.blocks = nn.Sequential(*[Encoding(dim, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.neck = nn.Sequential(*neck(dim, hidden, out))

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.positions
        return self.neck(self.norm(self.blocks(x))[:, 0])


def trunk(channels, kernel, stride, widths, blocks):
    """Stem and stages; all but the first halve the map."""
    layers = [nn.Conv2d(channels, widths[0], kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(True)]
    last = widths[0]
    for stage, width in enumerate(widths):
        for i in range(blocks):
            layers.append(Block(last, width, 2 if stage > 0 and i == 0 else 1))
            last = width
    return layers


def encoder(channels, kernel, stride, widths, blocks, pool, hidden, out):
    """Trunk, adaptive average pool to pool x pool, fc BN ReLU fc."""
    return nn.Sequential(*trunk(channels, kernel, stride, widths, blocks), nn.AdaptiveAvgPool2d(pool), nn.Flatten(), *neck(widths[-1] * pool * pool, hidden, out))


# net: encoder, image shape, images in a batch, optimizer.
NETS = {
    "fmnist": (lambda: encoder(1, 5, 2, [32, 64, 128], 1, 2, 512, 128), (1, 28, 28), 256,
               lambda p: torch.optim.AdamW(p, lr=2e-3, weight_decay=0.01, fused=True)),
    "resnet18": (lambda: encoder(3, 3, 1, [64, 128, 256, 512], 2, 1, 512, 128), (3, 32, 32), 64,
                 lambda p: torch.optim.SGD(p, lr=0.06, momentum=0.9, weight_decay=5e-4, fused=True)),
    "resnet50": (lambda: resnet50(2048, 128), (3, 224, 224), 16,
                 lambda p: torch.optim.SGD(p, lr=0.03, momentum=0.9, weight_decay=1e-4, fused=True)),
    "vit-small": (lambda: ViT(224, 16, 384, 12, 6, 512, 128), (3, 224, 224), 16,
                  lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.05, fused=True)),
}
TEMPERATURE = 0.2


def nt_xent(z):
    z = F.normalize(z)
    s = (z @ z.T / TEMPERATURE).fill_diagonal_(float("-inf"))
    n = len(z)
    return F.cross_entropy(s, (torch.arange(n) + n // 2) % n)


def build(net, batch, dtype="fp32", channels_last=True, compiled=False, seed=0):
    """Returns a function that does one training step, on views or on noise, and returns the loss; the net; and the number of images."""
    torch.manual_seed(seed)
    make, shape, default, optimizer = NETS[net]
    batch = batch or default
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = make().train().to(memory_format=layout)
    noise = torch.randn(2 * batch, *shape).to(memory_format=layout)
    optimizer = optimizer(model.parameters())

    def forward(x):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bf16"):
            z = model(x)
        return nt_xent(z.float())

    forward = torch.compile(forward) if compiled else forward

    def step(views=noise):
        optimizer.zero_grad(set_to_none=True)
        loss = forward(views)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, model, batch
