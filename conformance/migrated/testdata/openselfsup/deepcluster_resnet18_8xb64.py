_base_ = ['_base_/clustered.py', '_base_/run.py']
model = dict(
    type='DeepCluster', pretrained=None, with_sobel=True,
    backbone=dict(type='ResNet', depth=18, in_channels=2, out_indices=[4], norm_cfg=dict(type='BN')),
    neck=dict(type='AvgPoolNeck'),
    head=dict(type='ClsHead', with_avg_pool=False, in_channels=512, num_classes={{_base_.num_classes}}))
data = dict(workers_per_gpu=6)
custom_hooks = [
    dict(type='DeepClusterHook', extractor={{_base_.extractor}}, clustering=dict(type='Kmeans', k={{_base_.num_classes}}, pca_dim=64), unif_sampling=True, reweight=False, reweight_pow=0.5, initial=True, interval=2)
]
optimizer = dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=0.00001, nesterov=False, paramwise_options={'\Ahead.': dict(momentum=0.)})
lr_config = dict(policy='step', step=[60, 80])
