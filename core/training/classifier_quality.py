"""How good a classifier is: how often it is right, how well it knows that, and whether it looks at the object."""

from typing import Any, Final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.analysis import objects
from core.training import photos
from core.training.photos import Collections, Photos
from core.vision.classifier import SURE, Classifier, TrainedClassifier
from core.vision.cnn import ConvNet
from core.vision.vit import VisionTransformer

_AT_ONCE: Final = 200
_BINS: Final = 15


@torch.inference_mode()
def logits(model: Classifier, shown: Photos) -> Float[Tensor, "photos classes"]:
    """The scores of every photograph."""
    device, side = model.head.weight.device, model.config.image_size
    return torch.cat([model(photos.seen(part, side).to(device)).logits.cpu() for part in shown.pixels.split(_AT_ONCE)])


def fitting_temperature(model: Classifier, dev: Photos) -> float:
    """What logits are to be divided by, so that the right classes are least surprising (Guo et al. 2017)."""
    found = logits(model, dev)
    tried = torch.linspace(0.3, 3, 271)
    losses = [nn.functional.cross_entropy(found / temperature, dev.labels).item() for temperature in tried]
    return tried[int(np.argmin(losses))].item()


def quality(classifier: TrainedClassifier, known: Collections) -> dict[str, Any]:
    """All figures on held-out photographs."""
    found = logits(classifier.model, known.test)
    shares, raw = (found / classifier.temperature).softmax(-1), found.softmax(-1)
    hit = shares.argmax(-1) == known.test.labels
    nine = known.test.labels < photos.SHARED
    top = shares.amax(-1)
    sure = top >= SURE
    small = logits(classifier.model, known.small_test).argmax(-1) == known.small_test.labels
    figures: dict[str, Any] = {
        "STL-10, nine classes": _share(hit[nine]),
        "STL-10, ten classes": _share(hit),
        "CIFAR-10": _share(small),
        "calibration error": calibration_error(shares, known.test.labels),
        "calibration error before": calibration_error(raw, known.test.labels),
        "says it is sure": _share(sure),
        "right when sure": _share(hit[sure]),
        "right when not": _share(hit[~sure]),
        "photographs": {"STL-10": len(hit), "nine classes": int(nine.sum()), "CIFAR-10": len(small)},
    }
    if known.masks is not None and not isinstance(classifier.model, ConvNet):
        figures["objects"] = objects_seen(classifier, known.test, known.masks)
    return figures


def objects_seen(
    classifier: TrainedClassifier, shown: Photos, masks: dict[int, Bool[np.ndarray, "rows columns"]]
) -> dict[str, Any]:
    """Whether the saliency lies on the object, beside an untrained model, a centred Gaussian and a gradient.

    Raises   ValueError for a convolutional net, which has no saliency.
    """
    model = classifier.model
    if isinstance(model, ConvNet):
        raise ValueError(f"{classifier.name} has no attention that could lie on an object")
    with_mask = torch.tensor([number in masks for number in shown.numbers.tolist()])
    shown = shown.where(with_mask)
    there = np.stack([masks[number] for number in shown.numbers.tolist()])
    torch.manual_seed(1)
    other = TrainedClassifier("untrained", VisionTransformer(model.config), 1.0)
    maps = {
        "saliency": _maps(classifier, shown),
        "untrained": _maps(other, shown),
        "gradient": gradients(model, shown),
        "Gaussian": np.broadcast_to(objects.gaussian(there.shape[-1]), there.shape),
    }
    return objects.agreement(maps, there)


def _maps(classifier: TrainedClassifier, shown: Photos) -> Float[np.ndarray, "photos rows columns"]:
    images = photos.seen(shown.pixels, classifier.side)
    return np.stack([classifier.read(image[None]).saliency.cpu().numpy() for image in images])


def gradients(model: VisionTransformer, shown: Photos) -> Float[np.ndarray, "photos rows columns"]:
    """How much each patch could move the score of the class that is found: its pixels' mean absolute gradient."""
    images = photos.seen(shown.pixels, model.config.image_size).to(model.head.weight.device).requires_grad_()
    (moved,) = torch.autograd.grad(model(images).logits.amax(-1).sum(), images)
    return nn.functional.avg_pool2d(moved.abs().amax(1), model.config.patch_size).cpu().numpy()


def calibration_error(shares: Float[Tensor, "photos classes"], labels: Int[Tensor, "photos"]) -> float:
    """The mean distance between how sure it is and how often it is right, over bins of sureness (Guo et al. 2017)."""
    top, found = shares.max(-1)
    hit = (found == labels).float()
    place = (top * _BINS).long().clamp(max=_BINS - 1)
    apart = [(top[place == at].mean() - hit[place == at].mean()).abs() * (place == at).sum() for at in place.unique()]
    return round(float(sum(apart) / len(top)), 3)


def _share(hits: Bool[Tensor, "photos"]) -> float:
    return round(hits.float().mean().item(), 3)
