"""Masks: who sees whom, what leaks, and what a window saves. Experiments take (x, maps, seed).

x (1, tokens, d_model), the maps of one head; the seed draws whatever the learner does not give.
"""

from core.experiments.masks.band import attend_banded
from core.experiments.masks.future import hidden_row, images, mask_afterwards, no_look_ahead
from core.experiments.masks.leak import MaskAfterSoftmaxTrace, attend_mask_after_softmax, leak
from core.experiments.masks.softmax import all_at_once, either_axis, minus_a_billion
from core.experiments.masks.span import any_distance, elsewhere, global_is_self, local_saves, mask_alone

CLAIMS = (
    no_look_ahead,
    mask_afterwards,
    either_axis,
    hidden_row,
    minus_a_billion,
    images,
    all_at_once,
    global_is_self,
    local_saves,
    mask_alone,
    elsewhere,
    any_distance,
)

__all__ = ["CLAIMS", "MaskAfterSoftmaxTrace", "attend_banded", "attend_mask_after_softmax", "leak"]
