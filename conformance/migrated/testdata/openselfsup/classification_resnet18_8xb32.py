_base_ = '_base_/run.py'
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
source = dict(type='ImageNet', memcached=True, mclient_path='/mnt/memcached', list_file='data/imagenet/meta/train.txt', root='data/imagenet/train')
end = [dict(type='ToTensor'), dict(type='Normalize', **img_norm_cfg)]
model = dict(
    type='Classification', pretrained=None, with_sobel=True,
    backbone=dict(type='ResNet', depth=18, in_channels=2, out_indices=[4], norm_cfg=dict(type='BN'), frozen_stages=4),
    head=dict(type='ClsHead', with_avg_pool=True, in_channels=512, num_classes=100))
data = dict(
    imgs_per_gpu=32, workers_per_gpu=5,
    train=dict(type='ClassificationDataset', data_source=source, pipeline=[dict(type='RandomResizedCrop', size=224), dict(type='RandomHorizontalFlip')] + end))
optimizer = dict(type='SGD', lr=30., momentum=0.9, weight_decay=0.)
lr_config = dict(policy='step', step=[60, 80])
