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


def encoder(channels, kernel, stride, widths, blocks, pool, hidden, out):
    """Stem, stages (all but the first halve the map), adaptive average pool to pool x pool, fc BN ReLU fc."""
    layers = [nn.Conv2d(channels, widths[0], kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(True)]
    last = widths[0]
    for stage, width in enumerate(widths):
        for i in range(blocks):
            layers.append(Block(last, width, 2 if stage > 0 and i == 0 else 1))
            last = width
    neck = [nn.AdaptiveAvgPool2d(pool), nn.Flatten(), nn.Linear(last * pool * pool, hidden, bias=False), nn.BatchNorm1d(hidden),
            nn.ReLU(True), nn.Linear(hidden, out)]
    return nn.Sequential(*layers, *neck)


# net: encoder, image shape, images in a batch, optimizer.
NETS = {
    "fmnist": (lambda: encoder(1, 5, 2, [32, 64, 128], 1, 2, 512, 128), (1, 28, 28), 256,
               lambda p: torch.optim.AdamW(p, lr=2e-3, weight_decay=0.01, fused=True)),
    "resnet18": (lambda: encoder(3, 3, 1, [64, 128, 256, 512], 2, 1, 512, 128), (3, 32, 32), 64,
                 lambda p: torch.optim.SGD(p, lr=0.06, momentum=0.9, weight_decay=5e-4, fused=True)),
}
TEMPERATURE = 0.2


def nt_xent(z):
    z = F.normalize(z)
    s = (z @ z.T / TEMPERATURE).fill_diagonal_(float("-inf"))
    n = len(z)
    return F.cross_entropy(s, (torch.arange(n) + n // 2) % n)


def build(net, batch, dtype="fp32", channels_last=True, compiled=False, seed=0):
    """Returns a function that does one training step and returns the loss, the net, and the number of images."""
    torch.manual_seed(seed)
    make, shape, default, optimizer = NETS[net]
    batch = batch or default
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = make().train().to(memory_format=layout)
    x = torch.randn(2 * batch, *shape).to(memory_format=layout)
    optimizer = optimizer(model.parameters())

    def forward(x):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bf16"):
            z = model(x)
        return nt_xent(z.float())

    forward = torch.compile(forward) if compiled else forward

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = forward(x)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, model, batch
