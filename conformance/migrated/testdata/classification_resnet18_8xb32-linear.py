_base_ = ['_base_/runtime.py']
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
model = dict(
    type='Classification',
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='BN'), frozen_stages=4),
    head=dict(type='ClsHead', with_avg_pool=True, in_channels=512, num_classes=1000))
data = dict(
    samples_per_gpu=32,
    train=dict(
        type='SingleViewDataset',
        data_source=dict(type='ImageNet', data_prefix='data/imagenet/train', ann_file='data/imagenet/meta/train.txt'),
        pipeline=[dict(type='RandomResizedCrop', size=224), dict(type='RandomHorizontalFlip'), dict(type='ToTensor'), dict(type='Normalize', **img_norm_cfg)]))
optimizer = dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)
lr_config = dict(policy='step', step=[60, 80])
