"""The logit lens: what a language model would guess, were each of its layers the last one."""

from collections.abc import Callable
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.models.loaded import LoadedModel

_NORMS: Final = ("norm", "ln_f", "final_layer_norm", "final_layernorm", "norm_f")  # what families call the last norm
_AGREEMENT: Final = 1e-3  # of the largest score


def lens(
    loaded: LoadedModel, states: Float[Tensor, "depth d_model"], scores: Float[Tensor, "vocab_size"]
) -> Float[Tensor, "depth vocab_size"] | None:
    """Scores for the next token from the vector of the last one before each layer; those of the model come last.

    states   as `Writer.states`: the last of them is normed already.
    scores   of the model: where its own last vector gives others, as in a family with a map of its own before them, the
             lens does not fit.
    Returns  None where it does not.
    Source   nostalgebraist 2020: the last norm and the map to the scores, applied to earlier vectors.
    """
    head, norm = loaded.writes.get_output_embeddings(), _last_norm(loaded.writes.base_model)
    if head is None or norm is None:
        return None
    with torch.inference_mode():
        config = loaded.writes.config
        after = _after(getattr(config, "text_config", config))
        try:
            again = after(head(states[-1]))
        except RuntimeError:  # vectors of another width than those that the map takes
            return None
        if not torch.allclose(again, scores, rtol=0, atol=_AGREEMENT * float(scores.abs().max())):
            return None
        return torch.cat([after(head(norm(states[:-1]))), scores[None]]).float()


def _last_norm(body: nn.Module) -> nn.Module | None:
    inner = ("decoder", "model", "language_model", "text_model")
    parts = [body, *(getattr(body, name, None) for name in inner)]
    found = (getattr(part, name, None) for part in parts for name in _NORMS)
    return next((norm for norm in found if isinstance(norm, nn.Module)), None)


def _after(config: object) -> Callable[[Tensor], Tensor]:
    """What some families do to the scores: Gemma 2 squeezes them, Cohere and Granite scale them."""
    cap = getattr(config, "final_logit_softcapping", None)
    factor = getattr(config, "logit_scale", None) or 1.0
    divisor = getattr(config, "logits_scaling", None) or 1.0

    def after(scores: Tensor) -> Tensor:
        scaled = scores * factor / divisor
        return torch.tanh(scaled / cap) * cap if cap else scaled

    return after
