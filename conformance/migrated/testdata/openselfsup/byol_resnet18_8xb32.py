# Two pipelines changed after a copy, and a teacher that follows every second step.
import copy
_base_ = '_base_/run.py'
img_norm_cfg = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
source = dict(type='ImageNet', memcached=True, mclient_path='/mnt/memcached', list_file='data/imagenet/meta/train.txt', root='data/imagenet/train')
end = [dict(type='ToTensor'), dict(type='Normalize', **img_norm_cfg)]
model = dict(
    type='BYOL', pretrained=None, base_momentum=0.98, pre_conv=True,
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='NonLinearNeckSimCLR', in_channels=512, hid_channels=256, out_channels=64, num_layers=2, sync_bn=True, with_bias=True, with_last_bn=False, with_avg_pool=True),
    head=dict(
        type='LatentPredictHead', size_average=True,
        predictor=dict(type='NonLinearNeckSimCLR', in_channels=64, hid_channels=256, out_channels=64, num_layers=2, sync_bn=True, with_bias=True, with_last_bn=False, with_avg_pool=False)))
pipeline1 = [
    dict(type='RandomResizedCrop', size=224, interpolation=3),
    dict(type='RandomHorizontalFlip'),
    dict(type='RandomAppliedTrans', transforms=[dict(type='ColorJitter', brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1)], p=0.8),
    dict(type='RandomGrayscale', p=0.2),
    dict(type='RandomAppliedTrans', transforms=[dict(type='GaussianBlur', sigma_min=0.1, sigma_max=2.0)], p=1.),
    dict(type='RandomAppliedTrans', transforms=[dict(type='Solarization')], p=0.),
] + end
pipeline2 = copy.deepcopy(pipeline1)
pipeline2[4]['p'] = 0.1  # blur
pipeline2[5]['p'] = 0.2  # solarization
data = dict(imgs_per_gpu=32, workers_per_gpu=4, train=dict(type='BYOLDataset', data_source=source, pipeline1=pipeline1, pipeline2=pipeline2))
update_interval = 2  # interval for accumulate gradient
custom_hooks = [dict(type='BYOLHook', end_momentum=1., update_interval=update_interval)]
optimizer = dict(
    type='LARS', lr=4.8, weight_decay=0.000001, momentum=0.9,
    paramwise_options={'(bn|gn)(\d+)?.(weight|bias)': dict(weight_decay=0., lars_exclude=True), 'bias': dict(weight_decay=0., lars_exclude=True)})
optimizer_config = dict(update_interval=update_interval, use_fp16=False)
lr_config = dict(policy='CosineAnnealing', min_lr=0., warmup='linear', warmup_iters=10, warmup_ratio=0.0001, warmup_by_epoch=True)
