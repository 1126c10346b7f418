"""Reading order 2: networks with MMSelfSup's parameter names, from torchvision's blocks, at any width."""
import contextlib
import copy
import math

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, conv1x1

from store import exact

STEMS = {
    "imagenet": {"kernel": 7, "stride": 2, "max_pool": True},
    "small": {"kernel": 3, "stride": 1, "max_pool": False},
}


class ConvNorm(nn.Sequential):
    """A layer of the deep stem, with MMSelfSup's names."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv, self.bn, self.act = nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()


def sobel(x):
    """The mean of the channels, then two differences of three-tap sums: another way to the same numbers as a convolution with Sobel's filters."""
    p = nn.functional.pad(x.mean(1, keepdim=True), (1, 1, 1, 1))
    rows, columns = p[:, :, :-2] + 2 * p[:, :, 1:-1] + p[:, :, 2:], p[:, :, :, :-2] + 2 * p[:, :, :, 1:-1] + p[:, :, :, 2:]
    return torch.cat([rows[:, :, :, :-2] - rows[:, :, :, 2:], columns[:, :, :-2] - columns[:, :, 2:]], 1)


class ResNet(nn.Module):
    """forward returns the maps of the stem before its max-pool and of the stages, up to four (MMSelfSup's out_indices 0 to 4).

    With groups, a group of a bottleneck has width channels in the first stage; deep is the stem and the shortcuts of ResNet-D; edges puts
    Sobel's derivatives in the place of colours."""

    def __init__(self, block, blocks, base, stem, groups=1, width=0, deep=False, edges=False):
        super().__init__()
        k, first, channels = STEMS[stem]["kernel"], STEMS[stem]["stride"], 2 if edges else 3
        self.edges, grouped = edges, {"groups": groups, "base_width": 64 * width / base} if groups > 1 else {}
        if deep:
            self.stem = nn.Sequential(ConvNorm(channels, base // 2, first), ConvNorm(base // 2, base // 2, 1), ConvNorm(base // 2, base, 1))
        else:
            self.conv1 = nn.Conv2d(channels, base, k, first, k // 2, bias=False)
            self.bn1 = nn.BatchNorm2d(base)
        self.pool = nn.MaxPool2d(3, 2, 1) if STEMS[stem]["max_pool"] else nn.Identity()
        channels, self.stages = base, len(blocks)
        for stage, count in enumerate(blocks):
            planes, layer = base << stage, []
            for i in range(count):
                stride, shortcut = (2 if stage > 0 and i == 0 else 1), None
                if stride != 1 or channels != planes * block.expansion:
                    out = planes * block.expansion
                    mean = [nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)] if deep and stride != 1 else []
                    shortcut = nn.Sequential(*mean, conv1x1(channels, out, 1 if mean else stride), nn.BatchNorm2d(out))
                layer.append(block(channels, planes, stride, shortcut, **grouped))
                channels = planes * block.expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.channels = channels

    def forward(self, x):
        x = sobel(x) if self.edges else x
        outs = [self.stem(x) if hasattr(self, "stem") else torch.relu(self.bn1(self.conv1(x)))]
        x = self.pool(outs[0])
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
            outs.append(x)
        return outs


class NonLinearNeck(nn.Module):
    """Average pool, then fc0 bn0 ReLU fc1 bn1: MMSelfSup's defaults (no biases, last norm with gain and bias)."""

    def __init__(self, channels, hidden, out):
        super().__init__()
        self.fc0, self.bn0 = nn.Linear(channels, hidden, bias=False), nn.BatchNorm1d(hidden)
        self.fc1, self.bn1 = nn.Linear(hidden, out, bias=False), nn.BatchNorm1d(out)

    def forward(self, x):
        return self.bn1(self.fc1(torch.relu(self.bn0(self.fc0(x.mean((2, 3)))))))


def encoder(block, blocks, base, stem, hidden=None, out=None, **variant):
    """A module with `backbone` and, with hidden, `neck`."""
    net = nn.Module()
    net.backbone = ResNet(block, blocks, base, stem, **variant)
    if hidden:
        net.neck = NonLinearNeck(net.backbone.channels, hidden, out)
    return net.double().train()


def fill(net, generator):
    """Draws every parameter and running statistic: no gain is 1, no bias or mean is 0. Gains average a half, which keeps a deep and
    narrow network well conditioned: its float32 errors then tell something."""
    for name, t in net.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        kind = name.rsplit(".", 1)[-1]
        if t.dim() > 1:
            values = generator.normal(0, math.sqrt(2 / t[0].numel()), t.shape)
        elif kind in ("weight", "running_var"):
            values = generator.uniform(0.25, 0.75, t.shape)
        else:
            values = generator.normal(0, 0.2, t.shape)
        t.copy_(exact(values))


def state(net):
    """A copy of parameters and running statistics by name."""
    return {k: v.clone() for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}


def buffers(net):
    return {k: v for k, v in state(net).items() if "running_" in k}


def float32_runs(net):
    """Yields float32 copies of net with a conversion for its inputs, one for each way in which PyTorch computes convolutions on a
    CPU: the error that we store is the largest of theirs, lest one lucky rounding set the bound."""
    for onednn in (True, False):
        for layout in (torch.contiguous_format, torch.channels_last):
            with torch.backends.mkldnn.flags(enabled=onednn) if not onednn else contextlib.nullcontext():
                yield copy.deepcopy(net).float().to(memory_format=layout), lambda x: x.float().to(memory_format=layout)
