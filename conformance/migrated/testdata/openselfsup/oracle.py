"""What the configurations beside this file mean to OpenSelfSup itself: expected.json, which the test of the folder above compares migrated pipelines with.

Usage: python oracle.py OPENSELFSUP, the checkout of its branch, in the environment of ../oracle.py, whose readers of transforms are used.
Networks, optimizers, transforms and hooks are built by OpenSelfSup from its own reading of the files. faiss and apex, which it imports and which nothing here calls, need not be there; hooks that cluster
are built without the part that opens images, and memories stay in main memory.
"""
import copy
import importlib.util
import logging
import os
import sys
import types
import warnings

warnings.simplefilter('ignore')
HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location('newer', os.path.join(HERE, '..', 'oracle.py'))
newer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(newer)

sys.path.insert(0, sys.argv[1])
for name in ('faiss', 'apex', 'openselfsup.version'):  # the last is written by its installation
    sys.modules[name] = types.ModuleType(name)
sys.modules['openselfsup.version'].__version__ = sys.modules['openselfsup.version'].short_version = '0.3.0'

import openselfsup.hooks.deepcluster_hook as deepcluster_hook  # noqa: E402
import torch  # noqa: E402
from mmcv import Config  # noqa: E402
from mmcv.runner import EpochBasedRunner  # noqa: E402
from openselfsup.apis.train import build_optimizer  # noqa: E402
from openselfsup.datasets.registry import PIPELINES  # noqa: E402
from openselfsup.hooks import build_hook  # noqa: E402
from openselfsup.models import build_model  # noqa: E402
from openselfsup.utils import build_from_cfg  # noqa: E402

torch.nn.SyncBatchNorm._specify_ddp_gpu_num = lambda self, n: None  # of PyTorch before 1.9
deepcluster_hook.Extractor = lambda dist_mode, **args: args
PER_EPOCH = newer.PER_EPOCH

# Modules whose place in ssc has another name; None is not trained. MOCO and BYOL hold their encoder under two names.
PLACES = {
    'MOCO': {'encoder_q.0': 'backbone', 'encoder_q.1': 'neck', 'encoder_k': None},
    'BYOL': {'online_net.0': 'backbone', 'online_net.1': 'neck', 'target_net': None},
}


def transform(t):
    """A built transform as ssc's component. One that is applied by chance, alone, has the chance itself there."""
    name = type(t).__name__
    if name == 'GaussianBlur':
        return ['gaussian_blur', dict(sigma_min=t.sigma_min, sigma_max=t.sigma_max, p=1)]
    if name == 'Solarization':
        return ['solarization', dict(threshold=t.threshold, p=1)]
    if name == 'RandomAppliedTrans':
        inner = [x for x in map(transform, t.trans.transforms) if x]
        if len(inner) == 1 and 'p' in inner[0][1]:
            return [inner[0][0], dict(inner[0][1], p=t.trans.p)]
        return ['random_applied_trans', dict(p=t.trans.p, inner=inner)]
    return newer.transform(t)


def pipeline(p):
    return [x for x in (transform(build_from_cfg(dict(t), PIPELINES)) for t in p) if x]


def views(train):
    """One list of transforms for each view."""
    if 'pipeline1' in train:
        return [pipeline(train['pipeline1']), pipeline(train['pipeline2'])]
    one = pipeline(list(train['pipeline']) + list(train.get('format_pipeline', [])))
    return [one, one] if train['type'] == 'ContrastiveDataset' else [one]


def hooks(cfg):
    return {h['type']: build_hook(h, dict(dist_mode=True)) for h in copy.deepcopy(cfg.get('custom_hooks', []))}


def play(cfg, model, optimizer):
    """The learning rates and the teacher's momentum of every step, by the hooks of mmcv and OpenSelfSup."""
    log = logging.getLogger('oracle')
    log.setLevel(logging.ERROR)
    runner = EpochBasedRunner(newer.Wrapped(model), optimizer=optimizer, work_dir='/tmp', logger=log, max_epochs=cfg.total_epochs)
    runner._max_iters = cfg.total_epochs * PER_EPOCH
    runner.data_loader = range(PER_EPOCH)
    runner.register_lr_hook(dict(cfg.lr_config))
    for h in cfg.get('custom_hooks', []):
        if h['type'] == 'BYOLHook':
            runner.register_hook(build_hook(copy.deepcopy(h)))
    free = [i for i, g in enumerate(optimizer.param_groups) if g['params'][0].requires_grad or len(optimizer.param_groups) == 1]
    return newer.follow(runner, model, optimizer, free)


def constants(cfg, model, built):
    """Numbers of the method as the built objects hold them, by address in ssc."""
    out, kind = {}, type(model).__name__
    memory = getattr(model, 'memory_bank', None)
    if hasattr(model.head, 'temperature'):
        out['algorithm.head.temperature'] = model.head.temperature
    if kind == 'MOCO':
        out['algorithm.queue_len'], out['algorithm.feat_dim'] = model.queue_len, model.queue.shape[0]
    if memory is not None:
        out['algorithm.memory.momentum'] = memory.momentum
        out['algorithm.memory.length'], out['algorithm.memory.feat_dim'] = memory.feature_bank.shape
    if kind == 'NPID':
        out['algorithm.neg_num'], out['algorithm.ensure_neg'] = model.neg_num, model.ensure_neg
    if kind in ('DeepCluster', 'ODC'):
        h = built['DeepClusterHook']
        for k, v in h.clustering_cfg.items():
            out[f'algorithm.clustering.{k}'] = v
        out['algorithm.reweight'], out['algorithm.reweight_pow'] = h.reweight, h.reweight_pow
    if kind in ('DeepCluster', 'ODC', 'Classification'):
        out['algorithm.backbone.with_sobel'] = model.with_sobel
    if kind == 'DeepCluster':
        out['algorithm.unif_sampling'], out['algorithm.interval'] = h.unif_sampling, h.interval
    if kind == 'ODC':
        out['algorithm.memory.num_classes'], out['algorithm.memory.min_cluster'] = memory.centroids.shape[0], memory.min_cluster
        for k in ('centroids_update_interval', 'deal_with_small_clusters_interval'):
            out[f'algorithm.{k}'] = getattr(built['ODCHook'], k)
        out['loader.replace'] = cfg.data.sampling_replace
    return out


def one(file):
    cfg = Config.fromfile(file)
    model = build_model(cfg.model)
    model.train()
    algorithm = cfg.model['type']
    optimizer = build_optimizer(model, cfg.optimizer)
    rates, momenta = play(cfg, model, optimizer)
    steps = newer.chosen(len(rates))
    count, groups = newer.grouped(model, optimizer, rates, steps, lambda name: newer.place(algorithm, name, PLACES))
    built = hooks(cfg)
    out = dict(
        algorithm=algorithm, epochs=cfg.total_epochs, per_epoch=PER_EPOCH, steps=steps, parameters=count, groups=groups,
        optimizer={k: v for k, v in optimizer.defaults.items() if k in ('momentum', 'nesterov', 'dampening', 'eta')}, views=views(cfg.data.train), constants=constants(cfg, model, built))
    for h in built.values():
        if hasattr(h, 'extractor'):
            out['extract'] = [pipeline(h.extractor['dataset']['pipeline'])]
    if algorithm in PLACES:
        out['teacher'] = [momenta[s] for s in steps]
        out['interval'] = cfg.get('update_interval', 1)  # steps from one change of the teacher to the next
    return out


newer.write(HERE, one)
