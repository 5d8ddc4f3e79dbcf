"""Learning to name pictures: which photographs an update shows, and what it is told is wrong."""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.training import photos
from core.training.photos import Collections
from core.vision.classifier import Classifier
from core.vision.vit import VisionTransformer

TAUGHT: Final = 0.5
SOFTNESS: Final = 2.0  # the temperature at which a teacher is followed


@dataclass(frozen=True)
class Recipe:
    """How a classifier is trained, in one stage.

    start           the model whose first stage left the weights that it begins with; "" = drawn from the seed.
    teacher         the model whose probabilities it learns as well, by the share TAUGHT; "" = none.
    small, large    photographs of either collection in one update.
    read            share of the patches that a Vision Transformer reads of each, except in the last updates; `whole`
                    is the share of the updates that show whole pictures.
    smoothing       share of the probability that the loss asks for on classes other than the right one.
    """

    start: str = ""
    teacher: str = ""
    updates: int = 10_000
    small: int = 96
    large: int = 32
    read: float = 0.5
    whole: float = 0.15
    peak_rate: float = 1e-3
    warmup: int = 500
    decay: float = 0.05
    smoothing: float = 0.1
    seed: int = 0


def loss(
    model: Classifier, known: Collections, recipe: Recipe, update: int, teacher: Classifier | None = None
) -> Float[Tensor, ""]:
    """Nats per photograph of one update, which draws its photographs from the seed and its own number.

    teacher   sees the same pictures, whole; what it says is learned beside the labels (Hinton et al. 2015).
    """
    rng = torch.Generator().manual_seed(recipe.seed * 1_000_003 + update)
    device = model.head.weight.device
    shown, labels = [], []
    for collection, n in ((known.small, recipe.small), (known.large, recipe.large)):
        chosen = torch.randint(len(collection), (n,), generator=rng)
        shown.append(photos.varied(collection.pixels[chosen], model.config.image_size, rng))
        labels.append(collection.labels[chosen])
    images, wanted = torch.cat(shown).to(device), torch.cat(labels).to(device)
    if isinstance(model, VisionTransformer) and update < (1 - recipe.whole) * recipe.updates:
        n_patches = model.config.n_patches
        order = torch.rand(len(images), n_patches, generator=rng).argsort(dim=1)
        found = model(images, order[:, : round(recipe.read * n_patches)].to(device))
    else:
        found = model(images)
    plain = nn.functional.cross_entropy(found.logits, wanted, label_smoothing=recipe.smoothing)
    if teacher is None:
        return plain
    with torch.no_grad():
        said = (teacher(images).logits / SOFTNESS).softmax(-1)
    # a softer softmax has smaller gradients: the square makes up for it
    followed = SOFTNESS**2 * nn.functional.cross_entropy(found.logits / SOFTNESS, said)
    return (1 - TAUGHT) * plain + TAUGHT * followed
