"""Writes the files of the tests with PyTorch itself: the same weights in both forms of torch.save, and what they are, as JSON. Run: python make.py"""
import collections
import json

import torch

torch.manual_seed(0)
base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
state = collections.OrderedDict()
state['module.conv1.weight'] = torch.randn(2, 3, 3, 3)
state['module.bn1.running_mean'] = torch.randn(4, dtype=torch.float64)
state['module.bn1.num_batches_tracked'] = torch.tensor(7)
state['module.view'] = base[1]
state['module.transposed'] = base.transpose(0, 2)
state['module.half'] = torch.tensor([1.5, -2.25], dtype=torch.float16)
state['module.bfloat'] = torch.tensor([1.5, -2.25], dtype=torch.bfloat16)
state['module.mask'] = torch.tensor([True, False])
state['module.bytes'] = torch.tensor([1, 255], dtype=torch.uint8)
state['module.int'] = torch.tensor([[-5]], dtype=torch.int32)
state['module.empty'] = torch.zeros(0, 3)
state['module.parameter'] = torch.nn.Parameter(torch.ones(2))
state._metadata = {'': {'version': 1}}
net = torch.nn.Linear(2, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
net(torch.ones(1, 2)).sum().backward()
optimizer.step()
checkpoint = {'meta': {'epoch': 3, 'time': 'now', 'big': 1 << 80, 'version': (1, 2.5, None)}, 'state_dict': state, 'optimizer': optimizer.state_dict()}
torch.save(checkpoint, 'zip.pth')
torch.save(checkpoint, 'stream.pth', _use_new_zipfile_serialization=False)
torch.save({'w': torch.tensor([[1., 2.], [3., 4.]]).t(), 'note': 'x'}, 'plain.pth')
torch.save(net, 'model.pth')


class Evil:
    def __reduce__(self):
        import os
        return os.system, ('touch evil',)


torch.save({'state_dict': {'w': torch.ones(1)}, 'evil': Evil()}, 'evil.pth')
want = {k.replace('module.', ''): {'dtype': str(v.dtype), 'shape': list(v.shape), 'values': v.detach().double().flatten().tolist()} for k, v in state.items()}
json.dump(want, open('want.json', 'w'), indent=1)
