import torch

# What is tested is many small tensors; a second thread would only wait for the first (see motion_library/threads.py).
torch.set_num_threads(1)
