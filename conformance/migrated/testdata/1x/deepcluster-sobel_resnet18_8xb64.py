_base_ = ['_base_/steps.py']
train_dataloader = dict(
    batch_size=64,
    dataset=dict(
        type='DeepClusterImageNet', data_root='data/imagenet/', ann_file='meta/train.txt', data_prefix=dict(img_path='train/'),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='RandomResizedCrop', size=224, backend='pillow'),
            dict(type='RandomFlip', prob=0.5),
            dict(type='RandomRotation', degrees=2),
            dict(type='ColorJitter', brightness=0.4, contrast=0.4, saturation=1.0, hue=0.5),
            dict(type='RandomGrayscale', prob=0.2, keep_channels=True, channel_weights=(0.114, 0.587, 0.2989)),
            dict(type='PackSelfSupInputs', meta_keys=['img_path'])
        ]))
train_dataloader.update(sampler=dict(type='DeepClusterSampler', shuffle=True, replace=False))
num_classes = 100
custom_hooks = [
    dict(
        type='DeepClusterHook',
        extract_dataloader=dict(
            batch_size=128,
            sampler=dict(type='DefaultSampler', shuffle=False, round_up=True),
            dataset=dict(
                type='DeepClusterImageNet', data_root='data/imagenet/', ann_file='meta/train.txt', data_prefix=dict(img_path='train/'),
                pipeline=[
                    dict(type='LoadImageFromFile'),
                    dict(type='mmcls.ResizeEdge', scale=256, edge='short', backend='pillow'),
                    dict(type='CenterCrop', crop_size=224),
                    dict(type='PackSelfSupInputs', meta_keys=['img_path'])
                ])),
        clustering=dict(type='Kmeans', k=num_classes, pca_dim=256),
        unif_sampling=True,
        reweight=False,
        reweight_pow=0.5,
        initial=True,
        interval=1)
]
model = dict(
    type='DeepCluster',
    data_preprocessor=dict(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), bgr_to_rgb=True),
    backbone=dict(type='ResNetSobel', depth=18, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='AvgPool2dNeck'),
    head=dict(type='ClsHead', loss=dict(type='mmcls.CrossEntropyLoss'), with_avg_pool=False, in_channels=512, num_classes=num_classes))
optim_wrapper = dict(optimizer=dict(lr=0.1, weight_decay=1e-5), paramwise_cfg=dict(custom_keys={'head': dict(momentum=0.)}))
