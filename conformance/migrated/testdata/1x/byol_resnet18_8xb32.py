_base_ = ['_base_/asymmetric.py', '_base_/lars.py']
model = dict(
    type='BYOL', base_momentum=0.99,
    data_preprocessor=dict(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN')),
    neck=dict(type='NonLinearNeck', in_channels=512, hid_channels=1024, out_channels=256, num_layers=2, with_bias=True, with_last_bn=False, with_avg_pool=True),
    head=dict(
        type='LatentPredictHead', loss=dict(type='CosineSimilarityLoss'),
        predictor=dict(type='NonLinearNeck', in_channels=256, hid_channels=1024, out_channels=256, num_layers=2, with_bias=True, with_last_bn=False, with_avg_pool=False)))
