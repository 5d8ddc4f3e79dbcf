"""What a run does is counted while it does it, and nothing of what others do meanwhile."""

import threading

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from core.operations import exponentials_at_once, operations
from core.training import shapes


@pytest.mark.parametrize("kind", ["CNN", "ViT, class token"])
def test_torchs_own_counter_counts_the_same(kind):
    net, (images, _) = shapes.net(kind, 0).eval(), shapes.draw(2, 0)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(images)
    assert operations(lambda: net(images)) == counter.get_total_flops() > 0


def test_a_product_of_matrices_takes_two_operations_for_each_number_that_goes_in():
    assert operations(lambda: torch.ones(3, 5) @ torch.ones(5, 7)) == 2 * 3 * 5 * 7
    assert operations(lambda: nn.Linear(5, 7)(torch.ones(3, 5))) == 2 * 3 * 5 * 7


def test_as_much_is_counted_in_inference_mode():
    """Under it, torch hands a linear map and a softmax over whole: nothing was counted, and that was kept for all pages."""
    layer, given = nn.Linear(5, 7), torch.ones(3, 5)
    with torch.inference_mode():
        assert operations(lambda: layer(given)) == 2 * 3 * 5 * 7
        assert exponentials_at_once(lambda: given.softmax(-1)) == 3 * 5


def test_who_counts_leaves_alone_what_others_compute_meanwhile():
    """Counting took hold of every module of the process: what another visitor's block gave back then could fail."""
    counts, ended = threading.Event(), threading.Event()

    def lasts():
        counts.set()
        ended.wait(20)

    counting = threading.Thread(target=operations, args=(lasts,))
    counting.start()
    assert counts.wait(20)
    try:
        given = torch.ones(1, 3, requires_grad=True)
        made = nn.Linear(3, 2)(given)
        assert given._backward_hooks is None
        assert made._backward_hooks is None
    finally:
        ended.set()
        counting.join()
