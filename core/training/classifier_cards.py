"""The model card of a classifier of pictures as Markdown."""

from typing import Any

from core.training import cards, photos
from core.training.pictures import TAUGHT
from core.vision.classifier import SURE, TrainedClassifier
from core.vision.cnn import ConvConfig

_SHARES = (
    "STL-10, nine classes",
    "STL-10, ten classes",
    "CIFAR-10",
    "calibration error",
    "calibration error before",
    "says it is sure",
    "right when sure",
    "right when not",
)
_MAPS = {
    "saliency": "its attention",
    "untrained": "the same of an untrained model",
    "gradient": "its gradient",
    "Gaussian": "a centred Gaussian",
}
_KINDS = {
    "vit": "A Vision Transformer with a class token",
    "vit-mean-pool": "A Vision Transformer that answers from the mean of all patches",
    "cnn": "A residual convolutional net",
}


def card(classifier: TrainedClassifier, rows: dict[str, dict[str, Any]], size: int) -> str:
    """The model card. rows: figures by name, its own first; size: bytes on disk."""
    made, quality = classifier.figures["made"], classifier.figures["quality"]
    counted = made["photos"]
    parameters = sum(parameter.numel() for parameter in classifier.model.parameters())
    held_out = quality["photographs"]
    parts = [
        f"# {classifier.name}",
        f"{_KINDS[classifier.name]}: pictures of {classifier.side} x {classifier.side} pixels in, one of "
        f"{len(classifier.classes)} classes out ({', '.join(classifier.classes)}). {_sizes(classifier)}{parameters:,} parameters "
        f"in half precision, {size / 1e6:.1f} MB. It is a teaching model: of what is none of these classes it names one "
        "nevertheless.",
        "## Data",
        f"CIFAR-10 (Krizhevsky 2009, free with citation), {counted['CIFAR-10']:,} training pictures, and STL-10 (Coates, Ng and "
        f"Lee 2011, research use, cite), {counted['STL-10']:,} of 8,000 photographs of its test split; "
        f"{counted['dev']} chose the temperature, {counted['test']} are held out: of each 20 numbers in their names the first "
        f"two. Expected from --data: {photos.ORIGIN}. {_files(made)}No photograph is in this file.",
        "## Training",
        f"`python -m core.training {classifier.name} --data FOLDER`: {made['minutes']} minutes on {made['device']}; AdamW; "
        "random parts of the photographs, mirrored, in other light. "
        + " ".join(_stage(classifier, recipe) for recipe in made["stages"]),
        f"## Quality on {held_out['STL-10']} held-out STL-10 photographs ({held_out['nine classes']} of the nine classes that "
        f"both collections know) and {held_out['CIFAR-10']:,} CIFAR-10 test pictures",
        cards.table(
            ["model", *_SHARES], [[name, *(each["quality"].get(key) for key in _SHARES)] for name, each in rows.items()]
        ),
        f"Logits are divided by {classifier.temperature:.2f}, chosen on {counted['dev']} other photographs, so that "
        f"probabilities fit how often it is right; it says that it is not sure below {SURE:.0%}.",
        _objects(quality),
        "## Limits",
        f"Small pictures, few classes, few photographs: of the held-out ones it names {1 - quality[_SHARES[1]]:.0%} wrong. "
        + ("" if classifier.name == "cnn" else "Its attention shows what was mixed, which is not why it answered."),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _files(made: dict[str, Any]) -> str:
    """Whether these were the published files."""
    other = [name for name, digest in made["data sha256"].items() if digest != photos.SHA256[name]]
    return f"{' and '.join(other)} was another file than the published one. " if other else ""


def _sizes(classifier: TrainedClassifier) -> str:
    config = classifier.model.config
    if isinstance(config, ConvConfig):
        return f"Stages of {', '.join(map(str, config.widths))} channels. "
    return (
        f"{config.n_patches} patches of {config.patch_size} x {config.patch_size} pixels, {config.n_layers} layers of "
        f"{config.n_heads} heads, {config.d_model} wide. "
    )


def _stage(classifier: TrainedClassifier, recipe: dict[str, Any]) -> str:
    start = (
        f"From the first stage of {recipe['start']}"
        if recipe["start"]
        else f"From random weights (seed {recipe['seed']})"
    )
    said = (
        f"{start}: {recipe['updates']:,} updates of {recipe['small']} + {recipe['large']} photographs, learning rate up to "
        f"{recipe['peak_rate']:g}, decay {recipe['decay']:g}, label smoothing {recipe['smoothing']:g}"
    )
    if recipe["teacher"]:
        said += f", {TAUGHT:.0%} of the loss from what {recipe['teacher']} says of the same pictures"
    if classifier.name != "cnn":
        said += (
            f"; in the first {1 - recipe['whole']:.0%} of the updates a random {recipe['read']:.0%} of the patches is read, and "
            "whole blocks are passed by at random (stochastic depth)"
        )
    return f"{said}."


def _objects(quality: dict[str, Any]) -> str:
    if "objects" not in quality:
        return ""
    found = quality["objects"]
    lines = [
        [words, *(found[group].get(f"{measure}, {name}") for group in found for measure in ("AUC", "mass over area"))]
        for name, words in _MAPS.items()
    ]
    head = ["map", *(f"{measure}, {group}" for group in found for measure in ("AUC", "mass over area"))]
    many = ", ".join(f"{figures['pictures']} {group}" for group, figures in found.items())
    return "\n\n".join(
        [
            "## Does its attention look at the object?",
            f"On the held-out photographs with a mask of the object (airplane, bird, deer, ship; Yagli 2024, MIT): {many}. "
            "AUC: the chance that a square of the object has more of the map than one beside it, 0.5 is a guess. "
            "Its attention is the rollout with the largest weight over the heads. Mass over "
            "area: the share of the map on the object over the share of the picture that it takes, 1 is a guess. Photographers "
            "centre, so a blob in the middle is hard to beat; off-centre are the pictures where it has less than 0.7.",
            cards.table(head, lines),
        ]
    )
