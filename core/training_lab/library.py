"""A network of the lab as a folder that the transformers library opens: a Transformer of today's blocks that learned a text."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import WordLevel

from core.models import library_folder, llama_format
from core.training_lab.networks import Sizes
from core.training_lab.run import Learner
from core.training_lab.tasks import PAD, Task

_NEEDED: Final[dict[str, Any]] = {
    "kind": "Transformer",
    "norm_place": "pre",
    "norm": "rms",
    "network": "SwiGLU",
    "positions": "RoPE",
    "mask": "causal",
    "n_kv_heads": 0,
    "taken_out": (),
}


def why_not(sizes: Sizes, task: Task) -> str:
    """Why the writing lab cannot open such a network; "" where it can."""
    if not task.prose:
        return "it has not learned a text: choose the task “your text”"
    wrong = [name for name, value in _NEEDED.items() if getattr(sizes, name) != value]
    if wrong:
        return "its blocks are no Llama's: choose RoPE, a causal mask, pre-norm, rms and SwiGLU, with nothing taken out"
    return ""


def folder(learner: Learner) -> bytes:
    """A zip of the folder, which `AutoModelForCausalLM` and `AutoTokenizer` open. Raises ValueError where none can be."""
    sizes, task = learner.settings.sizes, learner.task
    if said := why_not(sizes, task):
        raise ValueError(said)
    ours = {name: weight.detach().clone() for name, weight in learner.network.state_dict().items()}
    for layer, head in learner.silent:  # the library knows no silent heads: nothing is taken of what they bring
        width = sizes.d_model // sizes.n_heads
        ours[f"blocks.{layer}.attention.out_proj.weight"][:, head * width : (head + 1) * width] = 0
    ours["embedding.weight"] = ours.pop("tokens.weight")
    named = llama_format.named(ours, sizes.n_layers, sizes.n_heads) | {"lm_head.weight": ours["scores.weight"]}
    d_ff = ours["blocks.0.feed_forward.expand.weight"].shape[0]
    said = llama_format.said(
        len(task.vocabulary), sizes.d_model, d_ff, sizes.n_layers, sizes.n_heads, task.context, None
    )
    special = {"unk_token": PAD, "model_max_length": task.context}
    with tempfile.TemporaryDirectory() as place:
        where = Path(place) / "trained-text"
        library_folder.write_folder(where, named, said | {"tie_word_embeddings": False}, tokenizer(task), special)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(where.iterdir()):
                packed.write(path, f"{where.name}/{path.name}")
    return out.getvalue()


def tokenizer(task: Task) -> Tokenizer:
    """Every sign is a token."""
    made = Tokenizer(WordLevel(dict(task.ids), unk_token=PAD))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    made.decoder = decoders.Fuse()
    return made
