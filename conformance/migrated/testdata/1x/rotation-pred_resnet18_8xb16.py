_base_ = ['_base_/steps.py']
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        type='mmcls.ImageNet', data_root='data/imagenet/', ann_file='meta/train.txt', data_prefix=dict(img_path='train/'),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='RandomResizedCrop', size=224, backend='pillow'),
            dict(type='RandomFlip', prob=0.5),
            dict(type='RotationWithLabels'),
            dict(type='PackSelfSupInputs', meta_keys=['img_path'])
        ]))
model = dict(
    type='RotationPred',
    data_preprocessor=dict(type='mmselfsup.RotationPredDataPreprocessor', mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    head=dict(type='ClsHead', loss=dict(type='mmcls.CrossEntropyLoss'), with_avg_pool=True, in_channels=512, num_classes=4))
