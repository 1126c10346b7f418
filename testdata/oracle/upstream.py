"""Compares methods.py with MMSelfSup's own code: losses and gradients of one step, in float64.

`pip download mmselfsup==0.11.0 --no-deps`, unpack the wheel, and run `python upstream.py FOLDER` with the folder that holds `mmselfsup/`. Its dependencies are
not needed: the few names that the files import from mmcv and from modules that need CUDA or several processes are replaced below, and nothing else of them is changed. The
backbone is nets.py's, so what is compared are algorithms, necks and heads.
"""
import importlib
import pathlib
import sys
import types

import torch
from torch import nn

import method_steps
from methods import METHODS, SIZES
from store import exact, rng


class Registry(dict):
    def register_module(self, cls=None):
        if cls is None:
            return self.register_module
        self[cls.__name__] = cls
        return cls

    def build(self, cfg):
        cfg = dict(cfg)
        return self[cfg.pop("type")](**cfg)


class BaseModule(nn.Module):
    def __init__(self, init_cfg=None):
        super().__init__()

    def init_weights(self):
        pass


class Backbone(nn.Module):
    """Gives a list of one map, as MMSelfSup's does."""

    def __init__(self):
        super().__init__()
        self.net = METHODS["barlowtwins"]().backbone

    def forward(self, x):
        return [self.net(x)[-1]]


class Drawn:
    """Stands for the draw of negatives: it gives those that methods.py is given."""

    def __init__(self, _):
        pass

    def cuda(self):
        pass

    def draw(self, n):
        return self.negatives.flatten()


def stub(name, **content):
    module = sys.modules[name] = types.ModuleType(name)
    module.__dict__.update(content)
    return module


def load(folder):
    """The registries of algorithms, necks and heads."""
    registries = {k: Registry() for k in ("ALGORITHMS", "NECKS", "HEADS", "MEMORIES")}
    same = lambda x: x
    stub("mmcv")
    stub("mmcv.runner", BaseModule=BaseModule, get_dist_info=lambda: (0, 1), auto_fp16=lambda **_: same)
    stub("mmcv.cnn", build_norm_layer=lambda cfg, width, **_: ("bn", nn.BatchNorm1d(width, affine=cfg.get("affine", True))))
    stub("mmcv.utils")
    stub("mmcv.utils.logging", logger_initialized={}, print_log=print)
    root = pathlib.Path(folder) / "mmselfsup"
    for name in ("", ".models", ".models.algorithms", ".models.necks", ".models.heads", ".models.memories", ".models.utils"):
        stub("mmselfsup" + name).__path__ = [str(root / name.replace(".", "/").lstrip("/"))]
    stub("mmselfsup.models.builder", build_backbone=lambda cfg: Backbone(), build_neck=registries["NECKS"].build, build_head=registries["HEADS"].build,
         build_memory=registries["MEMORIES"].build, **registries)
    stub("mmselfsup.models.utils.multi_prototypes", MultiPrototypes=None)
    stub("mmselfsup.models.utils").__path__ = [str(root / "models/utils")]
    sys.modules["mmselfsup.models.utils"].MultiPrototypes = None
    utils = stub("mmselfsup.utils", concat_all_gather=same, batch_shuffle_ddp=lambda x: (x, None), batch_unshuffle_ddp=lambda x, _: x, AliasMethod=Drawn)
    utils.__path__ = [str(root / "utils")]
    utils.distributed_sinkhorn = importlib.import_module("mmselfsup.utils.distributed_sinkhorn").distributed_sinkhorn
    torch.distributed.get_rank = lambda: 0
    torch.distributed.all_reduce = lambda *_, **__: None
    torch.distributed.all_gather = lambda out, x: out[0].copy_(x)
    torch.distributed.broadcast = torch.distributed.barrier = lambda *_: None
    torch.Tensor.cuda = lambda self, *_, **__: self
    torch.cuda.LongTensor = torch.LongTensor
    zeros = torch.zeros
    torch.zeros = lambda *size, device=None, **options: zeros(*size, **options)
    for name in ("necks.linear_neck", "necks.nonlinear_neck", "necks.mocov2_neck", "necks.densecl_neck", "necks.swav_neck", "heads.contrastive_head", "heads.latent_pred_head",
                 "heads.mocov3_head", "heads.swav_head", "algorithms.byol", "algorithms.simsiam", "algorithms.moco", "algorithms.densecl", "algorithms.swav",
                 "algorithms.barlowtwins", "algorithms.mocov3", "memories.simple_memory", "algorithms.npid", "memories.interclr_memory",
                 "algorithms.interclr_moco"):
        importlib.import_module("mmselfsup.models." + name)
    return registries["ALGORITHMS"]


def nonlinear(channels, hidden, **options):
    return {"type": "NonLinearNeck", "in_channels": channels, "hid_channels": hidden, "out_channels": 8, **options}


def predictor(hidden):
    return nonlinear(8, hidden, with_last_bn=False, with_last_bias=True, with_avg_pool=False)


PREDICT = lambda hidden: {"type": "LatentPredictHead", "predictor": predictor(hidden)}
QUEUE = {"queue_len": 16, "feat_dim": 8, "momentum": 0.9}
CONFIGS = {
    "byol": {"type": "BYOL", "neck": nonlinear(8, 16, with_last_bn=False), "head": PREDICT(12)},
    "simsiam": {"type": "SimSiam", "neck": nonlinear(8, 16, num_layers=3, with_last_bn_affine=False), "head": PREDICT(6)},
    "barlowtwins": {"type": "BarlowTwins", "neck": nonlinear(8, 16, num_layers=3, with_last_bn=False), "head": {"type": "LatentCrossCorrelationHead", "in_channels": 8}},
    "moco": {"type": "MoCo", "neck": {"type": "LinearNeck", "in_channels": 8, "out_channels": 8}, "head": {"type": "ContrastiveHead", "temperature": 0.07}, **QUEUE},
    "densecl": {"type": "DenseCL", "neck": {"type": "DenseCLNeck", "in_channels": 8, "hid_channels": 12, "out_channels": 8},
                "head": {"type": "ContrastiveHead", "temperature": 0.2}, **QUEUE},
    "swav": {"type": "SwAV", "neck": {"type": "SwAVNeck", "in_channels": 8, "hid_channels": 16, "out_channels": 8},
             "head": {"type": "SwAVHead", "feat_dim": 8, "num_crops": [2, 3], "num_prototypes": 6}},
    "mocov3": {"type": "MoCoV3", "base_momentum": 0.9, "neck": nonlinear(8, 16, with_last_bn_affine=False),
               "head": {"type": "MoCoV3Head", "predictor": predictor(12), "temperature": 0.2}},
    "npid": {"type": "NPID", "neg_num": 12, "neck": {"type": "LinearNeck", "in_channels": 8, "out_channels": 8}, "head": {"type": "ContrastiveHead", "temperature": 0.2},
             "memory_bank": {"type": "SimpleMemory", "length": 20, "feat_dim": 8, "momentum": 0.25}},
    "interclr_hard": {"type": "InterCLRMoCo", "neck": {"type": "MoCoV2Neck", "in_channels": 8, "hid_channels": 12, "out_channels": 8}, "head": {"type": "ContrastiveHead", "temperature": 0.2},
                      "memory_bank": {"type": "InterCLRMemory", "length": 20, "feat_dim": 8, "momentum": 0.75, "num_classes": 5, "min_cluster": 2}, "neg_num": 6, "neg_sampling": "hard",
                      "intra_arc_marign_loss": True, "intra_arc_margin": 0.4, "inter_cos_marign_loss": False, "inter_arc_marign_loss": True, "inter_arc_margin": -0.3, "share_neck": False,
                      "num_classes": 5, **QUEUE},
}
PAIRS = [("online_net", "target_net"), ("encoder_q", "encoder_k"), ("base_encoder", "momentum_encoder"), ("encoder", "-")]


def ours(name):
    """The name in methods.py of a tensor of MMSelfSup."""
    for online, teacher in PAIRS:
        for prefix, to in ((online, ""), (teacher, "teacher.")):
            for i, part in enumerate(("backbone", "neck")):
                if name.startswith(f"{prefix}.{i}."):
                    name = name.replace(f"{prefix}.{i}.", f"{to}{part}.")
    name = name.replace("inter_neck_q.", "inter_neck.").replace("inter_neck_k.", "teacher.inter_neck.")
    return name.replace("neck.bn.", "neck.projection_neck.1.").replace("backbone.net.", "backbone.")


def compare(algorithms, name, config):
    g = rng(7)
    net = METHODS[name]().double().train()
    method_steps.draw(net, g)
    if name == "swav":
        net.start()  # length 1 without rounding to float32: MMSelfSup does that in the step
    theirs = algorithms.build({"backbone": {}, **config}).double().train()
    mine = net.state_dict()
    for k, v in theirs.state_dict().items():
        if "num_batches" in k or k.startswith("head.bn"):
            continue
        source = mine[ours(k)]
        v.copy_(source.T if k.startswith("queue") and v.dim() == 2 else source)
    views = [exact(g.normal(size=(8, 3, s, s))) for s in SIZES.get(name, [8, 8])]
    fields, extra = {f"view{i}": x for i, x in enumerate(views)}, []
    if name == "npid":
        fields["idx"], fields["negatives"] = torch.from_numpy(g.permutation(20)[:8]), torch.from_numpy(g.integers(20, size=(8, 12)))
        theirs.memory_bank.feature_bank = net.memory.feature_bank.clone()
        theirs.memory_bank.multinomial.negatives = fields["negatives"]
        views, extra = views[0], [fields["idx"]]
    if name == "interclr_hard":
        fields["idx"], fields["positives"] = torch.from_numpy(g.permutation(20)[:8]), torch.from_numpy(g.integers(2**40, size=8))
        for k, v in net.memory.named_buffers():
            setattr(theirs.memory_bank, k, v.long() if k == "label_bank" else v.clone())
        theirs.memory_bank.initialized = True
        draws = iter(fields["positives"].tolist())
        torch.Tensor.random_ = lambda self, _, n: self.fill_(next(draws) % n)
        extra = [fields["idx"]]
    net.before(1)
    loss = net.loss(fields)
    loss.backward()
    out = sum(v for k, v in theirs.forward_train(views, *extra).items() if "loss" in k)
    out.backward()
    grads = {k: p.grad for k, p in net.named_parameters()}
    pairs = {"loss": (loss.detach(), out.detach())}
    pairs |= {f"grad {k}": (grads[ours(k)], p.grad) for k, p in theirs.named_parameters() if p.grad is not None}
    if name == "interclr_hard":
        pairs |= {k: (getattr(net.memory, k), getattr(theirs.memory_bank, k).double()) for k in ("feature_bank", "label_bank")}
    if name == "npid":
        pairs["bank"] = net.memory.feature_bank, theirs.memory_bank.feature_bank
    mine = net.state_dict()
    for k, v in theirs.state_dict().items():
        if v.is_floating_point() and not k.startswith("head.bn"):
            pairs[k] = (mine[ours(k)].T if k.startswith("queue") else mine[ours(k)], v)
    worst = max(((a - b).norm() / b.norm().clamp(min=1e-6)).item() for a, b in pairs.values())
    print(f"{name}: {len(pairs)} tensors of loss, gradients and state differ by at most {worst:.1e}")
    return worst


if __name__ == "__main__":
    found = load(sys.argv[1])
    if max(compare(found, name, config) for name, config in CONFIGS.items()) > 1e-8:
        sys.exit("methods.py and MMSelfSup differ")
