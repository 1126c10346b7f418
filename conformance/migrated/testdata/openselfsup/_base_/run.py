optimizer_config = dict()
log_config = dict(interval=50, hooks=[dict(type='TextLoggerHook')])
dist_params = dict(backend='nccl')
cudnn_benchmark = True
log_level = 'INFO'
load_from = None
resume_from = None
workflow = [('train', 1)]
prefetch = False
checkpoint_config = dict(interval=10)
total_epochs = 100
