_base_ = ['_base_/clustered.py', '_base_/run.py']
model = dict(
    type='ODC', pretrained=None, with_sobel=False,
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='NonLinearNeckV0', in_channels=512, hid_channels=256, out_channels=64, sync_bn=True, with_avg_pool=True),
    head=dict(type='ClsHead', with_avg_pool=False, in_channels=64, num_classes={{_base_.num_classes}}),
    memory_bank=dict(type='ODCMemory', length=5000, feat_dim=64, momentum=0.4, num_classes={{_base_.num_classes}}, min_cluster=15, debug=False))
data = dict(sampling_replace=True, workers_per_gpu=4)
custom_hooks = [
    dict(
        type='DeepClusterHook', extractor={{_base_.extractor}}, clustering=dict(type='Kmeans', k={{_base_.num_classes}}, pca_dim=-1), unif_sampling=False, reweight=True, reweight_pow=0.5, init_memory=True, initial=True,
        interval=9999999999),
    dict(type='ODCHook', centroids_update_interval=12, deal_with_small_clusters_interval=3, evaluate_interval=50, reweight=True, reweight_pow=0.5)
]
optimizer = dict(type='SGD', lr=0.06, momentum=0.9, weight_decay=0.00001, nesterov=False, paramwise_options={'\Ahead.': dict(momentum=0.)})
lr_config = dict(policy='step', step=[90], gamma=0.4)
