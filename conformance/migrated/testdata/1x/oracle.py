"""What the configurations beside this file mean to MMSelfSup 1.0.0 itself: expected.json, which the test of the folder above compares migrated pipelines with.

Usage: python oracle.py, in an environment with mmselfsup 1.0.0, mmcls 1.0.0rc6, mmcv-lite 2.0.1, mmengine 0.7.4, PyTorch, torchvision and scikit-learn.
Models, optimizers, schedulers, transforms and the hook that fixes rates are built by MMSelfSup's own registries from its own reading of the files; only names are translated below.
"""
import glob
import json
import os
import types
import warnings

warnings.simplefilter('ignore')

import mmengine  # noqa: E402
import torch  # noqa: E402
from mmengine.logging import MessageHub  # noqa: E402
from mmengine.optim import build_optim_wrapper  # noqa: E402
from mmselfsup.registry import HOOKS, MODELS, PARAM_SCHEDULERS, TRANSFORMS  # noqa: E402
from mmselfsup.utils import register_all_modules  # noqa: E402

register_all_modules()
HERE = os.path.dirname(os.path.abspath(__file__))
PER_EPOCH = 6  # steps; a file's epochs stand

# Modules of MMSelfSup whose place in ssc has another name.
PLACES = {'SwAV': {'head.loss.prototypes': 'head.prototypes', 'neck.bn': 'neck.projection_neck.1'}, 'mmcls.ImageClassifier': {'head.fc': 'head.fc_cls'}}


def place(algorithm, name):
    for old, new in PLACES.get(algorithm, {}).items():
        if name.startswith(old + '.'):
            return new + name[len(old):]
    return name


def pair(x):
    return [x, x] if isinstance(x, (int, float)) else list(x)


def jitter(x):
    return 0 if x is None else round((x[1] - x[0]) / 2, 12)


def transform(t):
    """A built transform as ssc's component with the arguments that matter; None for what has no counterpart."""
    name = type(t).__name__
    if name == 'RandomResizedCrop':
        return ['random_resized_crop', dict(size=pair(t.size), scale=list(t.scale), ratio=list(t.ratio), interpolation=t.interpolation)]
    if name == 'RandomFlip':
        return ['random_horizontal_flip', dict(p=t.prob)]
    if name == 'ColorJitter':
        return ['color_jitter', dict(brightness=jitter(t.brightness), contrast=jitter(t.contrast), saturation=jitter(t.saturation), hue=jitter(t.hue))]
    if name == 'RandomApply':
        return ['random_applied_trans', dict(p=t.prob, inner=[x for x in map(transform, t.transforms.transforms) if x])]
    if name == 'RandomGrayscale':
        return ['random_grayscale', dict(p=t.prob)]
    if name == 'RandomGaussianBlur':
        return ['gaussian_blur', dict(sigma_min=t.sigma_min, sigma_max=t.sigma_max, p=t.prob)]
    if name == 'RandomSolarize':
        return ['solarization', dict(threshold=t.threshold, p=t.prob)]
    if name == 'RandomCrop':
        return ['random_crop', dict(size=pair(t.size))]
    if name == 'RandomRotation':
        return ['random_rotation', dict(degrees=t.degrees[1])]  # the range is symmetric here
    if name == 'Resize':
        return ['resize', dict(size=list(t.scale)[::-1], interpolation=t.interpolation)]
    if name == 'ResizeEdge':
        return ['resize', dict(size=t.scale, interpolation=t.interpolation)]
    if name == 'CenterCrop':
        return ['center_crop', dict(size=pair(t.crop_size))]
    if name in ('LoadImageFromFile', 'PackSelfSupInputs', 'PackClsInputs', 'RandomPatchWithLabels', 'RotationWithLabels'):
        return None
    raise KeyError(name)


def normalize(cfg):
    p = cfg.get('data_preprocessor') or cfg.model.data_preprocessor
    return ['normalize', dict(mean=[float(f'{x / 255:.9g}') for x in p.mean], std=[float(f'{x / 255:.9g}') for x in p.std])]


def views(cfg, pipeline):
    """One list of transforms for each view."""
    built = [TRANSFORMS.build(dict(t)) for t in pipeline]
    out = []
    for t in built:
        if type(t).__name__ == 'MultiView':
            for view in t.transforms:
                out.append([x for x in map(transform, view.transforms) if x] + [normalize(cfg)])
    return out or [[x for x in map(transform, built) if x] + [normalize(cfg)]]


def play(cfg, wrapper):
    """The learning rates of every step, by mmengine's schedulers, stepped as its hook does, and the hook that fixes them."""
    optimizer, schedulers, rates = wrapper.optimizer, [], []
    for s in cfg.param_scheduler:
        s = dict(s)
        cls = PARAM_SCHEDULERS.get(s.pop('type'))
        if s.pop('convert_to_iter_based', False):
            schedulers.append(cls.build_iter_from_epoch(optimizer, epoch_length=PER_EPOCH, **s))
        else:
            schedulers.append(cls(optimizer, **s))
    hooks = [HOOKS.build({k: v for k, v in h.items() if k != 'priority'}) for h in cfg.get('custom_hooks', []) if h['type'] == 'SimSiamHook']
    runner = types.SimpleNamespace(optim_wrapper=wrapper)
    for _ in range(cfg.train_cfg.max_epochs):
        for h in hooks:
            h.before_train_epoch(runner)
        for i in range(PER_EPOCH):
            for h in hooks:
                h.before_train_iter(runner, i)
            rates.append([g['lr'] for g in optimizer.param_groups])
            for s in schedulers:
                if not s.by_epoch:
                    s.step()
        for s in schedulers:
            if s.by_epoch:
                s.step()
    return rates


def chosen(total):
    """Twenty steps: the first ones, an end of an epoch, and the rest evenly."""
    out = [0, 1, PER_EPOCH - 1, PER_EPOCH, 3 * PER_EPOCH + 2]
    rest = 20 - len(out) - 1
    out += [3 * PER_EPOCH + 3 + (total - 3 * PER_EPOCH - 4) * i // rest for i in range(rest)]
    return sorted(out + [total - 1])


def teacher(model, steps, total):
    """The share of the old in the new teacher at steps, by its own average of a 1 and a 0."""
    net = getattr(model, 'target_net', None) or getattr(model, 'momentum_encoder', None) or getattr(model, 'encoder_k', None)
    if net is None:
        return None
    MessageHub.get_current_instance().update_info('max_iters', total)
    out = []
    for s in steps:
        old = torch.ones(1, dtype=torch.float64)
        net.avg_func(old, torch.zeros(1, dtype=torch.float64), s)
        out.append(float(old))
    return out


def constants(cfg, model):
    """Numbers of the method as the built objects hold them, by address in ssc."""
    out, kind = {}, cfg.model['type']
    head, loss = model.head, getattr(model.head, 'loss_module', getattr(model.head, 'loss', None))
    if hasattr(head, 'temperature'):
        out['algorithm.head.temperature'] = head.temperature
    if kind in ('MoCo', 'DenseCL'):
        out['algorithm.queue_len'] = model.queue_len
    if kind == 'DenseCL':
        out['algorithm.loss_lambda'] = model.loss_lambda
        out['algorithm.start_iters'] = 0  # there is no DenseCLHook
    if kind == 'SwAV':
        hook = cfg.custom_hooks[0]
        for k in ('epsilon', 'sinkhorn_iterations', 'temperature', 'crops_for_assign', 'num_crops'):
            out[f'algorithm.head.{k}'] = getattr(loss, k)
        out['algorithm.head.num_prototypes'] = loss.prototypes.weight.shape[0]
        out['algorithm.head.queue_length'], out['algorithm.head.epoch_queue_starts'], out['algorithm.head.freeze_prototypes'] = hook['queue_length'], hook['epoch_queue_starts'], hook['frozen_layers_cfg']['prototypes']
    if kind == 'NPID':
        out['algorithm.neg_num'] = model.neg_num
        out['algorithm.memory.momentum'] = model.memory_bank.momentum
        out['algorithm.memory.length'], out['algorithm.memory.feat_dim'] = model.memory_bank.feature_bank.shape
    if kind == 'ODC':
        out['algorithm.memory.momentum'], out['algorithm.memory.min_cluster'] = model.memory_bank.momentum, model.memory_bank.min_cluster
        out['algorithm.memory.length'], out['algorithm.memory.feat_dim'] = model.memory_bank.feature_bank.shape
        out['loader.replace'] = cfg.train_dataloader.sampler.replace
        for k in ('centroids_update_interval', 'deal_with_small_clusters_interval'):
            out[f'algorithm.{k}'] = cfg.custom_hooks[1][k]
    if kind in ('DeepCluster', 'ODC'):
        out['algorithm.clustering.pca_dim'] = cfg.custom_hooks[0].clustering.pca_dim
    if kind == 'DeepCluster':
        out['algorithm.unif_sampling'], out['algorithm.reweight'] = cfg.custom_hooks[0].unif_sampling, cfg.custom_hooks[0].reweight
    return out


def one(file):
    cfg = mmengine.config.Config.fromfile(file)
    spec = cfg.model.copy()
    model = MODELS.build(spec)
    model.train()
    algorithm = cfg.model['type']
    optim = cfg.optim_wrapper.copy()
    if optim.get('type') == 'AmpOptimWrapper':  # which asks for a GPU
        optim['type'] = 'OptimWrapper'
        optim.pop('loss_scale', None)
    wrapper = build_optim_wrapper(model, optim)
    model.init_weights()  # as the runner does, which fixes what is not trained
    groups = wrapper.optimizer.param_groups
    rates = play(cfg, wrapper)
    steps = chosen(len(rates))
    of = {id(p): i for i, g in enumerate(groups) for p in g['params']}
    kinds, count = {}, 0
    for name, p in model.named_parameters():
        if not p.requires_grad:
            continue
        i, g = of[id(p)], groups[of[id(p)]]
        count += p.numel()
        kind = json.dumps(dict(weight_decay=g['weight_decay'], momentum=g.get('momentum', 0), lars_exclude=bool(g.get('lars_exclude', False)), lr=[rates[s][i] for s in steps]), sort_keys=True)
        kinds.setdefault(kind, []).append(f'{place(algorithm, name)} {"x".join(map(str, p.shape))}')
    first = cfg.param_scheduler[0]
    optimizer = {k: v for k, v in wrapper.optimizer.defaults.items() if k in ('momentum', 'nesterov', 'dampening', 'eta', 'betas', 'eps')}
    out = dict(
        warmup=first.end * PER_EPOCH if first.type == 'LinearLR' else 0, algorithm=algorithm, epochs=cfg.train_cfg.max_epochs, per_epoch=PER_EPOCH, steps=steps, parameters=count, interval=1,
        groups=[dict(json.loads(k), names=sorted(v)) for k, v in kinds.items()], optimizer=optimizer, views=views(cfg, cfg.train_dataloader.dataset.pipeline), constants=constants(cfg, model))
    momenta = teacher(model, steps, len(rates))
    if momenta:
        out['teacher'] = momenta
    for h in cfg.get('custom_hooks', []):
        if 'extract_dataloader' in h:
            out['extract'] = views(cfg, h['extract_dataloader']['dataset']['pipeline'])
    return out


def main():
    out = {}
    for file in sorted(glob.glob(os.path.join(HERE, '*_8x*.py'))):
        out[os.path.basename(file)] = one(file)
    with open(os.path.join(HERE, 'expected.json'), 'w') as f:
        json.dump(out, f, indent=1)
        f.write('\n')


main()
