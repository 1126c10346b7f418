# A Sobel filter, which is the default of 0.x, before a backbone of two channels.
_base_ = ['_base_/clustered.py', '_base_/runtime.py']
model = dict(
    type='DeepCluster',
    backbone=dict(type='ResNet', depth=18, in_channels=2, out_indices=[4], norm_cfg=dict(type='BN')),
    neck=dict(type='AvgPool2dNeck'),
    head=dict(type='ClsHead', with_avg_pool=False, in_channels=512, num_classes={{_base_.num_classes}}))
custom_hooks = [
    dict(
        type='DeepClusterHook', extractor={{_base_.extractor}}, clustering=dict(type='Kmeans', k={{_base_.num_classes}}, pca_dim=64), unif_sampling=True, reweight=False, reweight_pow=0.5, initial=True,
        interval=2)
]
optimizer = dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-5, paramwise_options={'\\Ahead.': dict(momentum=0.)})
lr_config = dict(policy='step', step=[60, 80])
