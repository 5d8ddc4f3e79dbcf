"""A network of the lab as a folder that the transformers library opens, and so the labs do."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import WordLevel

from core.models import library_folder
from core.models.library_folder import KINDS
from core.numerals import listed
from core.training_lab.formats import FORMATS, Format, Weights
from core.training_lab.networks import Sizes
from core.training_lab.run import Learner
from core.training_lab.tasks import END, NOW, PAD, Task

NAME: Final = "trained-network"  # of the folder in the zip


def format_of(sizes: Sizes, task: Task) -> Format:
    """The family that holds such a network. Raises ValueError saying which switches stand in the way."""
    if sizes.kind != "Transformer":
        raise ValueError(f"the library has no {sizes.kind} of this kind: choose a Transformer")
    there = [each for each in FORMATS if each.pictures == bool(task.d_patch)]
    nearest = min(there, key=lambda each: len(each.changes(sizes)))
    if changes := nearest.changes(sizes):
        raise ValueError(
            f"no model of the library is built so: to be built as {nearest.name} is, change {listed(changes)}"
        )
    return nearest


def begins(task: Task) -> str:
    """What is typed in a lab for a network of this task to go on from."""
    mark = () if task.prose else (NOW,)
    return task.between.join((*task.tests[0].source, *mark))


def folder(learner: Learner) -> bytes:
    """A zip of the folder, which the library's Auto classes open. Raises ValueError as `format_of`."""
    sizes, task = learner.settings.sizes, learner.task
    chosen = format_of(sizes, task)
    ours = _without_what_brings_nothing(learner)
    if not chosen.pictures:
        _give_up_biases_of_scores(ours, sizes)
    if not chosen.shares:
        _repeat_shared_heads(ours, sizes)
    with tempfile.TemporaryDirectory() as place:
        where = Path(place) / NAME
        text = None if chosen.pictures else tokenizer(task)
        special: dict[str, Any] = {"unk_token": PAD, "model_max_length": task.context}
        special |= {"eos_token": END} if task.ends else {}
        named, said = chosen.named(ours, sizes, task), chosen.said(sizes, task)
        library_folder.write_folder(where, named, said, text, special, halved=False)
        if chosen.pictures:
            library_folder.say(where / library_folder.PREPROCESSOR, _pixels(said["image_size"]))
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(where.iterdir()):
                packed.write(path, f"{where.name}/{path.name}")
    return out.getvalue()


def _without_what_brings_nothing(learner: Learner) -> Weights:
    """Its weights. The library knows no silent heads and no parts left out: of what they bring, nothing is taken."""
    sizes = learner.settings.sizes
    ours = {name: weight.detach().clone() for name, weight in learner.network.state_dict().items()}
    width = sizes.d_model // sizes.n_heads
    for layer, head in learner.silent:
        ours[f"blocks.{layer}.attention.out_proj.weight"][:, head * width : (head + 1) * width] = 0
    last = {"attention": "out_proj", "MLP": "contract"}
    for name in ours:
        if any(part in sizes.taken_out and f".{called}." in name for part, called in last.items()):
            ours[name].zero_()
    return ours


def _give_up_biases_of_scores(ours: Weights, sizes: Sizes) -> None:
    """The same scores without a number added to each, which no family of the library has.

    What leaves a LayerNorm has a mean of 0 before its gain: a map whose rows are all shifted by some number does the same to
    it. With a shift of 1 in each place that number is added d_model times, and so brings what the bias did.
    """
    if "scores.bias" not in ours:
        return
    last = "norm" if sizes.norm_place == "pre" else f"blocks.{sizes.n_layers - 1}.norm_mlp"
    gain, shift = ours[f"{last}.weight"], ours[f"{last}.bias"]
    scores, added = ours["scores.weight"], ours.pop("scores.bias")
    turned = scores * gain
    free = (scores @ shift + added - turned.sum(-1)) / sizes.d_model
    ours["scores.weight"] = turned + free[:, None]
    ours[f"{last}.weight"], ours[f"{last}.bias"] = torch.ones_like(gain), torch.ones_like(shift)


def _repeat_shared_heads(ours: Weights, sizes: Sizes) -> None:
    """As many heads of keys and values as of queries: those that were shared are there several times."""
    if not sizes.n_kv_heads:
        return
    times, width = sizes.n_heads // sizes.n_kv_heads, sizes.d_model // sizes.n_heads
    of_keys = width * sizes.n_kv_heads
    for layer in range(sizes.n_layers):
        for kind in KINDS:
            if (rows := ours.get(name := f"blocks.{layer}.attention.in_proj_{kind}")) is None:
                continue
            query, *shared = rows.split((sizes.d_model, of_keys, of_keys))
            whole = [each.unflatten(0, (-1, width)).repeat_interleave(times, dim=0).flatten(0, 1) for each in shared]
            ours[name] = torch.cat([query, *whole])


def _pixels(side: int) -> dict[str, Any]:
    """How a picture is made ready: from −1 to 1, as the task draws them."""
    return {
        "image_processor_type": "ViTImageProcessor",
        "size": {"height": side, "width": side},
        "image_mean": [0.5],
        "image_std": [0.5],
    }


def tokenizer(task: Task) -> Tokenizer:
    """Every word is a token; where a task is typed without spaces, every sign."""
    made = Tokenizer(WordLevel(dict(task.ids), unk_token=PAD))
    if task.between:
        made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    else:
        made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
        made.decoder = decoders.Fuse()
    return made
