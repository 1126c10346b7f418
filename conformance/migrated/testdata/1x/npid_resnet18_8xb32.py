_base_ = ['_base_/steps.py']
train_dataloader = dict(
    batch_size=32,
    dataset=dict(
        type='mmcls.ImageNet', data_root='data/imagenet/', ann_file='meta/train.txt', data_prefix=dict(img_path='train/'),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='RandomResizedCrop', size=224, scale=(0.2, 1.), backend='pillow'),
            dict(type='RandomGrayscale', prob=0.2, keep_channels=True, channel_weights=(0.114, 0.587, 0.2989)),
            dict(type='ColorJitter', brightness=0.4, contrast=0.4, saturation=0.4, hue=0.4),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackSelfSupInputs', meta_keys=['img_path'])
        ]))
model = dict(
    type='NPID', neg_num=4096,
    data_preprocessor=dict(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='LinearNeck', in_channels=512, out_channels=128, with_avg_pool=True),
    head=dict(type='ContrastiveHead', loss=dict(type='mmcls.CrossEntropyLoss'), temperature=0.07),
    memory_bank=dict(type='SimpleMemory', length=5000, feat_dim=128, momentum=0.5))
