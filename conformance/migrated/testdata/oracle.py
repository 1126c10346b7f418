"""What the configurations beside this file mean to MMSelfSup itself: expected.json, which the test of this folder compares migrated pipelines with.

Usage: python oracle.py, in an environment with mmselfsup 0.11.0, mmcls 0.25.0, mmcv 1.7.1 (built without operators), mmengine 0.7.4, PyTorch, torchvision and scikit-learn.
Models, optimizers, transforms and hooks are built by MMSelfSup's own registries from its own reading of the files; only names are translated below. Of files of 1.x (-1x.py) the groups and learning
rates are those of mmengine; their networks, whose names are the same, are built by 0.x, and their views are not compared. Hooks that cluster
are built without the part that opens images (Extractor), and memories, which ask for a GPU, stay in main memory.
"""
import copy
import glob
import json
import logging
import os
import warnings

warnings.simplefilter('ignore')

import torch  # noqa: E402
from mmcv import Config  # noqa: E402
from mmcv.runner import HOOKS, EpochBasedRunner  # noqa: E402
from mmcv.utils import build_from_cfg  # noqa: E402

import mmengine  # noqa: E402
import mmengine.optim  # noqa: E402
import mmselfsup.core.hooks.deepcluster_hook as deepcluster_hook  # noqa: E402
import mmselfsup.core.hooks.interclr_hook as interclr_hook  # noqa: E402
from mmselfsup.core import build_optimizer  # noqa: E402
from mmselfsup.core.optimizer import LARS  # noqa: E402
from mmselfsup.datasets.builder import PIPELINES  # noqa: E402
from mmselfsup.models import build_algorithm  # noqa: E402

mmengine.registry.OPTIMIZERS.register_module(module=LARS)
deepcluster_hook.Extractor = interclr_hook.Extractor = lambda dist_mode, **args: args
torch.Tensor.cuda = lambda self, *args, **kwargs: self
zeros = torch.zeros
torch.zeros = lambda *args, device=None, **kwargs: zeros(*args, **kwargs)
HERE = os.path.dirname(os.path.abspath(__file__))
PER_EPOCH = 6  # steps; a file's epochs stand

# Modules of MMSelfSup whose place in ssc has another name. What is not trained has none.
PLACES = {
    'MoCo': {'encoder_q.0': 'backbone', 'encoder_q.1': 'neck', 'encoder_k': None},
    'DenseCL': {'encoder_q.0': 'backbone', 'encoder_q.1': 'neck', 'encoder_k': None},
    'InterCLRMoCo': {'encoder_q.0': 'backbone', 'encoder_q.1': 'neck', 'inter_neck_q': 'inter_neck', 'encoder_k': None, 'inter_neck_k': None},
    'BYOL': {'online_net.0': 'backbone', 'online_net.1': 'neck', 'target_net': None},
    'SimSiam': {'encoder.0': 'backbone', 'encoder.1': 'neck'},
    'BarlowTwins': {'encoder.0': 'backbone', 'encoder.1': 'neck'},
    'SwAV': {'neck.bn': 'neck.projection_neck.1'},  # one module under two names
    'MoCoV3': {'base_encoder.0': 'backbone', 'base_encoder.1': 'neck', 'momentum_encoder': None},
}


def place(algorithm, name, places=PLACES):
    for old, new in places.get(algorithm, {}).items():
        if name.startswith(old + '.'):
            return new and new + name[len(old):]
    return name


def pair(x):
    return [x, x] if isinstance(x, (int, float)) else list(x)


def jitter(x):  # torchvision keeps the range
    if x is None:
        return 0
    lo, hi = x
    return round((hi - lo) / 2, 12)


def size(x):
    return x if isinstance(x, int) else x[0] if len(x) == 1 else list(x)


def transform(t):
    """A built transform as ssc's component with the arguments that matter."""
    name = type(t).__name__
    if name in ('ToTensor',):
        return None
    if name == 'RandomResizedCrop':
        return ['random_resized_crop', dict(size=pair(t.size), scale=list(t.scale), ratio=list(t.ratio), interpolation=t.interpolation.value)]
    if name == 'RandomHorizontalFlip':
        return ['random_horizontal_flip', dict(p=t.p)]
    if name == 'ColorJitter':
        return ['color_jitter', dict(brightness=jitter(t.brightness), contrast=jitter(t.contrast), saturation=jitter(t.saturation), hue=jitter(t.hue))]
    if name == 'RandomAppliedTrans':
        inner = t.trans  # a RandomApply
        return ['random_applied_trans', dict(p=inner.p, inner=[x for x in map(transform, inner.transforms) if x])]
    if name == 'RandomGrayscale':
        return ['random_grayscale', dict(p=t.p)]
    if name == 'GaussianBlur':
        return ['gaussian_blur', dict(sigma_min=t.sigma_min, sigma_max=t.sigma_max, p=t.prob)]
    if name == 'Solarization':
        return ['solarization', dict(threshold=t.threshold, p=t.prob)]
    if name == 'Normalize':
        return ['normalize', dict(mean=list(t.mean), std=list(t.std))]
    if name == 'Resize':
        return ['resize', dict(size=size(t.size), interpolation=t.interpolation.value)]
    if name == 'RandomCrop':
        return ['random_crop', dict(size=pair(t.size))]
    if name == 'CenterCrop':
        return ['center_crop', dict(size=pair(t.size))]
    if name == 'RandomRotation':
        return ['random_rotation', dict(degrees=t.degrees[1])]  # the range is symmetric here
    raise KeyError(name)


def pipeline(p):
    return [x for x in (transform(build_from_cfg(dict(t), PIPELINES)) for t in p) if x]


def views(train):
    """One list of transforms for each view."""
    if 'pipelines' in train:
        return [pipeline(p) for n, p in zip(train['num_views'], train['pipelines']) for _ in range(n)]
    return [pipeline(list(train['pipeline']) + list(train.get('format_pipeline', [])))]


class Wrapped(torch.nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def train_step(self, *a):
        pass

    def momentum_update(self):  # the weights do not matter here
        pass


def follow(runner, model, optimizer, free):
    """The learning rates of groups and the teacher's momentum of every step, as the hooks of a runner set them."""
    rates, momenta = [], []
    runner.call_hook('before_run')
    for _ in range(runner._max_epochs):
        runner.call_hook('before_train_epoch')
        for i in range(PER_EPOCH):
            runner._inner_iter = i
            runner.call_hook('before_train_iter')
            rates.append([optimizer.param_groups[g]['lr'] for g in free])
            momenta.append(getattr(model, 'momentum', None))
            runner.call_hook('after_train_iter')
            runner._iter += 1
        runner.call_hook('after_train_epoch')
        runner._epoch += 1
    return rates, momenta


def play(cfg, model, optimizer):
    """The learning rates and the teacher's momentum of every step, by the hooks of mmcv and MMSelfSup."""
    log = logging.getLogger('oracle')
    log.setLevel(logging.ERROR)
    epochs = cfg.runner.max_epochs
    runner = EpochBasedRunner(Wrapped(model), optimizer=optimizer, work_dir='/tmp', logger=log, max_epochs=epochs)
    runner._max_iters = epochs * PER_EPOCH
    runner.data_loader = range(PER_EPOCH)
    runner.register_lr_hook(dict(cfg.lr_config))
    for h in cfg.get('custom_hooks', []):
        if h['type'] in ('BYOLHook', 'MomentumUpdateHook', 'SimSiamHook'):
            h = dict(h)
            runner.register_hook(build_from_cfg({k: v for k, v in h.items() if k != 'priority'}, HOOKS), h.get('priority', 'NORMAL'))
    free = [i for i, g in enumerate(optimizer.param_groups) if g['params'][0].requires_grad]
    return follow(runner, model, optimizer, free)


def chosen(total):
    """Twenty steps: the first ones, an end of an epoch, and the rest evenly."""
    out = [0, 1, PER_EPOCH - 1, PER_EPOCH, 3 * PER_EPOCH + 2]
    rest = 20 - len(out) - 1
    out += [3 * PER_EPOCH + 3 + (total - 3 * PER_EPOCH - 4) * i // rest for i in range(rest)]
    return sorted(out + [total - 1])


def hooks(cfg):
    """The hooks of clusterings, built, by their type."""
    names = ('DeepClusterHook', 'ODCHook', 'InterCLRHook')
    return {h['type']: build_from_cfg({k: v for k, v in h.items() if k != 'priority'}, HOOKS) for h in copy.deepcopy(cfg.get('custom_hooks', [])) if h['type'] in names}


def of_clusters(cfg, model, built):
    """Numbers of methods with memories and clusterings as the built objects hold them, by address in ssc."""
    out, kind = {}, type(model).__name__
    memory = getattr(model, 'memory_bank', None)
    if memory is not None:
        out['algorithm.memory.momentum'] = memory.momentum
        out['algorithm.memory.length'], out['algorithm.memory.feat_dim'] = memory.feature_bank.shape
    if kind == 'NPID':
        out['algorithm.neg_num'], out['algorithm.ensure_neg'] = model.neg_num, model.ensure_neg
    if kind in ('ODC', 'InterCLRMoCo'):
        out['algorithm.memory.num_classes'], out['algorithm.memory.min_cluster'] = memory.centroids.shape[0], memory.min_cluster
        online = built['ODCHook' if kind == 'ODC' else 'InterCLRHook']
        for k in ('centroids_update_interval', 'deal_with_small_clusters_interval'):
            out[f'algorithm.{k}'] = getattr(online, k)
        out['loader.replace'] = cfg.data.replace
    for h in built.values():
        if hasattr(h, 'clustering_cfg'):
            for k, v in h.clustering_cfg.items():
                out[f'algorithm.clustering.{k}'] = v
    if kind in ('DeepCluster', 'ODC'):
        h = built['DeepClusterHook']
        out['algorithm.reweight'], out['algorithm.reweight_pow'] = h.reweight, h.reweight_pow
        out['algorithm.backbone.with_sobel'] = model.with_sobel
    if kind == 'DeepCluster':
        out['algorithm.unif_sampling'], out['algorithm.interval'] = h.unif_sampling, h.interval
    if kind == 'InterCLRMoCo':
        out['algorithm.queue_len'], out['algorithm.feat_dim'] = model.queue_len, model.queue.shape[0]
        for k in ('online_labels', 'neg_num', 'neg_sampling', 'semihard_neg_pool_num', 'semieasy_neg_pool_num', 'intra_cos_margin', 'intra_arc_margin', 'inter_cos_margin', 'inter_arc_margin',
                  'intra_loss_weight', 'inter_loss_weight', 'share_neck', 'num_classes'):
            out[f'algorithm.{k}'] = getattr(model, k)
        for k in ('intra_cos', 'intra_arc', 'inter_cos', 'inter_arc'):
            out[f'algorithm.{k}_margin_loss'] = getattr(model, k)
        for k in ('warmup_epochs', 'interval'):
            out[f'algorithm.{k}'] = getattr(built['InterCLRHook'], k)
    return out


def constants(cfg, model, built):
    """Numbers of the method as the built objects hold them, by address in ssc."""
    out = of_clusters(cfg, model, built)
    head = getattr(model, 'head', None)
    for name in ('temperature', 'lambd'):
        if hasattr(head, name):
            out[f'algorithm.head.{name}'] = getattr(head, name)
    if type(model).__name__ in ('MoCo', 'DenseCL'):
        out['algorithm.queue_len'] = model.queue_len
    if type(model).__name__ == 'DenseCL':
        out['algorithm.loss_lambda'] = model.loss_lambda
    if type(model).__name__ == 'SwAV':
        out['algorithm.head.epsilon'] = head.epsilon
        out['algorithm.head.sinkhorn_iterations'] = head.sinkhorn_iterations
        out['algorithm.head.num_prototypes'] = head.prototypes.weight.shape[0]
    return out


def model_1x(cfg):
    """The network of a configuration of 1.x by 0.x, whose heads have their losses inside."""
    m = {k: v for k, v in cfg.model.items() if k != 'data_preprocessor'}
    m['head'] = {k: v for k, v in m['head'].items() if k != 'loss'}
    return build_algorithm(m)


def play_1x(cfg, optimizer):
    """The learning rates of every step, by mmengine's schedulers, stepped as its hook does."""
    epochs = cfg.train_cfg.max_epochs
    schedulers = []
    for s in cfg.param_scheduler:
        s = dict(s)
        cls = getattr(mmengine.optim, s.pop('type'))
        if s.pop('convert_to_iter_based', False):
            schedulers.append(cls.build_iter_from_epoch(optimizer, epoch_length=PER_EPOCH, **s))
        else:
            schedulers.append(cls(optimizer, **s))
    rates = []
    for _ in range(epochs):
        for _ in range(PER_EPOCH):
            rates.append([g['lr'] for g in optimizer.param_groups])
            for s in schedulers:
                if not s.by_epoch:
                    s.step()
        for s in schedulers:
            if s.by_epoch:
                s.step()
    return rates


def one_1x(file):
    cfg = mmengine.config.Config.fromfile(file)
    model = model_1x(cfg)
    model.init_weights()
    optimizer = mmengine.optim.build_optim_wrapper(model, cfg.optim_wrapper).optimizer
    rates = play_1x(cfg, optimizer)
    steps = chosen(len(rates))
    kinds, count = {}, 0
    for i, (name, p) in enumerate(model.named_parameters()):
        group = [j for j, g in enumerate(optimizer.param_groups) if any(q is p for q in g['params'])][0]
        g = optimizer.param_groups[group]
        count += p.numel()
        kind = json.dumps(dict(weight_decay=g['weight_decay'], momentum=g.get('momentum', 0), lars_exclude=bool(g.get('lars_exclude', False)), lr=[rates[s][group] for s in steps]), sort_keys=True)
        kinds.setdefault(kind, []).append(f'{place(cfg.model["type"], name)} {"x".join(map(str, p.shape))}')
    first = optimizer.param_groups[0]
    warm = cfg.param_scheduler[0].end * PER_EPOCH  # all begin with a LinearLR
    return dict(
        warmup=warm, algorithm=cfg.model['type'], epochs=cfg.train_cfg.max_epochs, per_epoch=PER_EPOCH, steps=steps, parameters=count,
        groups=[dict(json.loads(k), names=sorted(v)) for k, v in kinds.items()],
        optimizer={k: first[k] for k in ('momentum', 'nesterov', 'dampening', 'eta', 'eps') if k in first}, views=None, constants={})


def grouped(model, optimizer, rates, steps, named, more=lambda g: {}):
    """The number of trained elements, and the parameters by what their group says and their learning rates at the steps."""
    kinds, count, at = {}, 0, 0
    groups = iter(optimizer.param_groups) if len(optimizer.param_groups) > 1 else None
    for name, p in model.named_parameters():
        g = next(groups) if groups else optimizer.param_groups[0]
        if not p.requires_grad:
            continue
        count += p.numel()
        i = at if groups else 0
        at += 1
        kind = dict(more(g), weight_decay=g['weight_decay'], momentum=g.get('momentum', 0), lars_exclude=bool(g.get('lars_exclude', False)), lr=[rates[s][i] for s in steps])
        kinds.setdefault(json.dumps(kind, sort_keys=True), []).append(f'{named(name)} {"x".join(map(str, p.shape))}')
    return count, [dict(json.loads(k), names=sorted(v)) for k, v in kinds.items()]


def one(file):
    if file.endswith('-1x.py'):
        return one_1x(file)
    cfg = Config.fromfile(file)
    model = build_algorithm(cfg.model)
    model.init_weights()
    model.train()
    algorithm = cfg.model['type']
    optimizer = build_optimizer(model, cfg.optimizer)
    rates, momenta = play(cfg, model, optimizer)
    steps = chosen(len(rates))
    count, groups = grouped(model, optimizer, rates, steps, lambda name: place(algorithm, name), lambda g: dict(fix_lr=bool(g.get('fix_lr', False))))
    first, built = optimizer.defaults, hooks(cfg)
    out = dict(
        algorithm=algorithm, epochs=cfg.runner.max_epochs, per_epoch=PER_EPOCH, steps=steps, parameters=count, groups=groups,
        optimizer={k: first[k] for k in ('momentum', 'nesterov', 'dampening', 'eta', 'betas', 'eps') if k in first},
        views=views(cfg.data.train), constants=constants(cfg, model, built))
    for h in built.values():
        if hasattr(h, 'extractor'):
            out['extract'] = [pipeline(h.extractor['dataset']['pipeline'])]
    if algorithm in ('MoCo', 'DenseCL', 'InterCLRMoCo', 'BYOL', 'MoCoV3'):
        out['teacher'] = [momenta[s] for s in steps]
        out['interval'] = cfg.get('update_interval', 1)  # steps from one change of the teacher to the next
    return out


def write(folder, one):
    """Makes expected.json of what one says of each configuration in the folder."""
    out = {}
    for file in sorted(glob.glob(os.path.join(folder, '*_8x*.py'))):
        out[os.path.basename(file)] = one(file)
    with open(os.path.join(folder, 'expected.json'), 'w') as f:
        json.dump(out, f, indent=1)
        f.write('\n')


if __name__ == '__main__':
    write(HERE, one)
