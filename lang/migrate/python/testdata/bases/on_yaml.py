_base_ = 'settings.yml'
opt = dict(k=1)
