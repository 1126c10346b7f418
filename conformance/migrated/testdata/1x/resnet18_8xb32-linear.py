_base_ = ['_base_/steps.py']
data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
train_dataloader = dict(
    batch_size=32,
    dataset=dict(
        type='mmcls.ImageNet', data_root='data/imagenet/', ann_file='meta/train.txt', data_prefix=dict(img_path='train/'),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='RandomResizedCrop', size=224, backend='pillow'),
            dict(type='RandomFlip', prob=0.5),
            dict(type='mmcls.PackClsInputs')
        ]))
model = dict(
    type='mmcls.ImageClassifier',
    backbone=dict(type='mmcls.ResNet', depth=18, num_stages=4, out_indices=(3, ), norm_eval=True, style='pytorch', frozen_stages=4),
    neck=dict(type='mmcls.GlobalAveragePooling'),
    head=dict(type='mmcls.LinearClsHead', num_classes=10, in_channels=512, loss=dict(type='mmcls.CrossEntropyLoss', loss_weight=1.0), topk=(1, 5)))
optim_wrapper = dict(optimizer=dict(lr=30., weight_decay=0.))
