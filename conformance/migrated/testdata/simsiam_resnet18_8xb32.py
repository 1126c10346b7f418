_base_ = ['_base_/two_views.py', '_base_/runtime.py']
model = dict(
    type='SimSiam',
    backbone=dict(type='ResNet', depth=18, in_channels=3, out_indices=[4], norm_cfg=dict(type='SyncBN'), zero_init_residual=True),
    neck=dict(type='NonLinearNeck', in_channels=512, hid_channels=512, out_channels=512, num_layers=3, with_last_bn_affine=False, with_avg_pool=True),
    head=dict(
        type='LatentPredictHead',
        predictor=dict(type='NonLinearNeck', in_channels=512, hid_channels=128, out_channels=512, with_avg_pool=False, with_last_bn=False, with_last_bias=True)))
lr = 0.05
optimizer = dict(type='SGD', lr=lr, weight_decay=1e-4, momentum=0.9, paramwise_options={'predictor': dict(fix_lr=True)})
lr_config = dict(policy='CosineAnnealing', min_lr=0.)
custom_hooks = [dict(type='SimSiamHook', priority='HIGH', fix_pred_lr=True, lr=lr)]
