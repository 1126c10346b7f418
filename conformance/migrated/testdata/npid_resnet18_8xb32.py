_base_ = ['_base_/runtime.py']
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
model = dict(
    type='NPID',
    neg_num=4096,
    ensure_neg=True,
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='LinearNeck', in_channels=512, out_channels=64, with_avg_pool=True),
    head=dict(type='ContrastiveHead', temperature=0.09),
    memory_bank=dict(type='SimpleMemory', length=5000, feat_dim=64, momentum=0.4))
data = dict(
    samples_per_gpu=32,
    train=dict(
        type='SingleViewDataset',
        data_source=dict(type='ImageNet', data_prefix='data/imagenet/train', ann_file='data/imagenet/meta/train.txt'),
        pipeline=[
            dict(type='RandomResizedCrop', size=224, scale=(0.2, 1.)),
            dict(type='RandomGrayscale', p=0.2),
            dict(type='ColorJitter', brightness=0.4, contrast=0.4, saturation=0.4, hue=0.4),
            dict(type='RandomHorizontalFlip'),
            dict(type='ToTensor'),
            dict(type='Normalize', **img_norm_cfg)
        ]))
optimizer = dict(type='SGD', lr=0.03, weight_decay=1e-4, momentum=0.9)
lr_config = dict(policy='step', step=[60, 80], gamma=0.1)
