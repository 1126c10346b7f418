"""Loads what `ssc export -format torchvision|timm|mmselfsup|mmdet` writes as those programs do: no key missing but the classifier's, none too many, and the same features as the exported ONNX model.

Usage: check.py SSC, in an environment with torch, torchvision and onnxruntime. `make peers` has timm, too. What MMClassification makes of the weights is checked where mmcls 0.25.0 and mmcv 1.7.1 are
installed, which `make peers` has not: mmcv comes as source only, and they are of the time of PyTorch 1 (1.13 reads weights only).
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime
import torch
import torchvision

PIPELINE = '''
pipeline "check" {}
algorithm "simclr" {
  backbone "BACKBONE" { ARGS }
  neck "nonlinear" {
    hid_channels  = 16
    out_channels  = 8
    with_avg_pool = POOL
  }
  head "contrastive" {}
}
dataset "train" {
  source "shapes" {
    count = 16
    size  = 64
  }
  view {
    count = 2
    random_resized_crop { size = 64 }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}
dataset "test" {
  source "shapes" {
    count = 16
    size  = 64
  }
  view {
    resize { size = [64, 64] }
    normalize {
      mean = [0.485, 0.456, 0.406]
      std  = [0.229, 0.224, 0.225]
    }
  }
}
loader { batch_size = 8 }
optimizer "sgd" { lr = 0.1 }
schedule "constant" {}
train { epochs = 1 }
'''
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])


def features(model):
    """A network without its classifier."""
    for name in ('fc', 'heads', 'head'):
        if hasattr(model, name):
            setattr(model, name, torch.nn.Identity())
    return model.eval()


def judge(what, model, images, want):
    x = (images - MEAN[:, None, None]) / STD[:, None, None]
    with torch.no_grad():
        got = model(x).numpy()
    worst = np.abs(got - want).max() / np.abs(want).max() if got.shape == want.shape else None
    if worst is None or not worst <= 1e-4:
        sys.exit(f'{what}: features {got.shape} differ by {worst} from {want.shape} of ONNX')
    print(f'{what}: ok, features differ by {worst:.1e}')


def load(what, model, state, spare):
    """Loads strictly, but for the classifier's keys; counts of batches are no weights."""
    missing, extra = model.load_state_dict(state, strict=False)
    missing = [k for k in missing if k.split('.')[0] not in spare and 'num_batches_tracked' not in k]
    if missing or extra:
        sys.exit(f'{what}: missing {missing}, too many {extra}')
    return features(model)


def with_timm(backbone, make, file, spare, images, want):
    try:
        import timm
        from safetensors.torch import load_file
    except ImportError:
        print('timm: not installed, not checked')
        return
    judge(f'timm {backbone}', load('timm', make(timm), load_file(file), spare), images, want)


def with_mmcls(backbone, file, images, want):
    """What init_cfg=dict(type='Pretrained') of MMSelfSup, MMClassification and MMDetection does."""
    try:
        from mmcls.models import build_backbone
        from mmcv.runner import load_checkpoint
    except ImportError:
        print('mmcls: not installed, not checked')
        return
    arch = dict(embed_dims=192, num_layers=12, num_heads=3, feedforward_channels=768)
    cfg = dict(type='ResNet', depth=18) if backbone == 'resnet' else dict(type='VisionTransformer', arch=arch, img_size=64, patch_size=16, output_cls_token=True)
    model = build_backbone(cfg)
    model.eval()
    load_checkpoint(model, str(file), strict=True)

    class Last(torch.nn.Module):
        def forward(self, x):
            y = model(x)[-1]
            return y.mean((2, 3)) if backbone == 'resnet' else y[1]

    judge(f'mmcls {backbone}', Last(), images, want)


def one(ssc, folder, backbone, args, pool, torchvision_model, timm_model, spare):
    (folder / 'check.hcl').write_text(PIPELINE.replace('BACKBONE', backbone).replace('ARGS', args).replace('POOL', pool))

    def run(*a):
        p = subprocess.run([ssc, *a], cwd=folder, capture_output=True, text=True)
        if p.returncode:
            sys.exit(f'ssc {" ".join(a)}: exit code {p.returncode}\n{p.stdout}{p.stderr}')

    run('run', 'check.hcl', '-run', 'run')
    run('export', 'run', '-o', 'encoder.onnx')
    images = torch.rand(5, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    session = onnxruntime.InferenceSession(folder / 'encoder.onnx', providers=['CPUExecutionProvider'])
    want = session.run(None, {session.get_inputs()[0].name: images.numpy()})[0].reshape(5, -1)
    files = {}
    for f in ('torchvision', 'timm', 'mmselfsup', 'mmdet'):
        files[f] = folder / ('timm.safetensors' if f == 'timm' else f'{f}.pth')
        run('export', 'run', '-format', f, '-o', str(files[f]))
    state = torch.load(files['torchvision'], weights_only=True)
    judge(f'torchvision {backbone}', load('torchvision', torchvision_model(), state, spare), images, want)
    for f in ('mmselfsup', 'mmdet'):
        whole = torch.load(files[f], weights_only=True)
        if set(whole) != {'state_dict', 'meta'}:
            sys.exit(f'{f}: keys {set(whole)}')
        if backbone == 'resnet':  # the same names as torchvision's
            judge(f'{f} {backbone}', load(f, torchvision_model(), whole['state_dict'], spare), images, want)
    with_timm(backbone, timm_model, files['timm'], spare, images, want)
    with_mmcls(backbone, files['mmselfsup'], images, want)


def main():
    ssc = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as d:
        one(ssc, pathlib.Path(d), 'resnet', 'depth = 18', 'true', torchvision.models.resnet18, lambda t: t.create_model('resnet18'), {'fc'})
    with tempfile.TemporaryDirectory() as d:
        one(ssc, pathlib.Path(d), 'vision_transformer', 'arch = "tiny"', 'false',
            lambda: torchvision.models.VisionTransformer(64, 16, 12, 3, 192, 768),
            lambda t: t.create_model('vit_tiny_patch16_224', img_size=64), {'heads', 'head'})


main()
