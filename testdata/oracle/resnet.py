"""ResNets: every map, every gradient and the running statistics of one training forward and backward."""
from nets import BasicBlock, Bottleneck, buffers, encoder, fill, float32_runs, state
from store import error, exact, rng, save

CASES = [
    ("resnet18", 18, BasicBlock, [2, 2, 2, 2], 3, "imagenet", (3, 3, 35, 33), 19, {}),
    ("resnet18_small", 18, BasicBlock, [2, 2, 2, 2], 3, "small", (3, 3, 17, 14), 20, {}),
    ("resnet50", 50, Bottleneck, [3, 4, 6, 3], 2, "imagenet", (3, 3, 35, 33), 55, {}),
    ("resnext50", 50, Bottleneck, [3, 4, 6, 3], 2, "imagenet", (3, 3, 35, 33), 57, {"groups": 2, "width": 3}),
    ("resnetv1d10", 10, BasicBlock, [1, 1, 1, 1], 4, "imagenet", (3, 3, 35, 33), 56, {"deep": True}),
    ("resnet10_sobel", 10, BasicBlock, [1, 1, 1, 1], 3, "small", (3, 3, 17, 14), 56, {"edges": True}),
]

DESCRIPTION = (
    "ResNet-{depth}{variant}, {stem} stem, base and stem channels {base}. x: input (batch, channel, height, width). state/NAME: parameters and "
    "running statistics before. out/0: stem before its max-pool; out/1 to out/4: stages. loss = sum(out/4 * loss_weight) / batch. "
    "grad/NAME, grad/x: its gradients. after/NAME: running statistics after this one training forward (momentum 0.1, eps 1e-5)."
)


def step(net, x, weight):
    x = x.clone().requires_grad_()
    outs = net.backbone(x)
    loss = (outs[4] * weight).sum() / len(x)
    loss.backward()
    result = {f"out/{i}": out for i, out in enumerate(outs)}
    result |= {"loss": loss, "grad/x": x.grad}
    result |= {f"grad/{name}": p.grad for name, p in net.named_parameters()}
    return result | {f"after/{name}": b for name, b in buffers(net).items()}


def main():
    for name, depth, block, blocks, base, stem, shape, seed, variant in CASES:
        g = rng(seed)
        net = encoder(block, blocks, base, stem, **variant)
        fill(net, g)
        x = exact(g.normal(size=shape))
        before = {f"state/{k}": v for k, v in state(net).items()}
        last = net.backbone(x)[4].shape
        net.load_state_dict({k.removeprefix("state/"): v for k, v in before.items()}, strict=False)
        weight = exact(g.normal(size=last))
        runs = [step(n, cast(x), weight.float()) for n, cast in float32_runs(net)]
        reference = step(net, x, weight)
        params = {"depth": depth, "blocks": blocks, "base_channels": base, "stem_channels": base, "stem": stem,
                  "bn_momentum": 0.1, "bn_eps": 1e-5} | variant
        save(name, DESCRIPTION.format(depth=depth, stem=stem, base=base, variant=f" {variant}" if variant else ""),
             {"x": x, "loss_weight": weight} | before | reference, params, error(runs, reference))
