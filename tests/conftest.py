"""What all tests share: the same examples on every run, no deadline (no test asserts a time), one torch thread."""

import torch
from hypothesis import settings

settings.register_profile("attention-lab", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("attention-lab")
torch.set_num_threads(1)
