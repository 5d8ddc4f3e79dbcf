"""Training a model that fills in words of short stories: text in; a folder that the library opens, figures and a card out."""

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from jaxtyping import Bool, Int
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import LlamaForCausalLM, ModernBertForMaskedLM

from core.models import device as devices
from core.models import llama_format, modernbert_format
from core.models.errors import ModelError
from core.training import cards, hidden_words, language_models, progress, stories
from core.training.loop import Training
from core.transformer.language_model import LanguageModelConfig
from core.transformer.masked_model import MaskedModel, hide

NAMES: Final = ("story-bert",)
ORIGIN: Final = stories.ORIGIN
MASK: Final = "<|mask|>"
BESIDE: Final = language_models.NAMES[0]


@dataclass(frozen=True)
class Recipe(language_models.Recipe):
    """As the language model's, and the share of the words that are hidden."""

    hidden: float = 0.25


def run(asked: argparse.Namespace, device: torch.device) -> None:
    """Train, unless only measuring is asked for, and measure. Raises ValueError in words."""
    known = stories.read(asked.data)
    if not known.as_published:
        print("This is another version of the file than the one the shipped models were trained on.")
    folder = asked.out / asked.name
    if not asked.measure:
        _train(asked, folder, known, device)
    if not (folder / llama_format.WEIGHTS).exists():
        raise ModelError(f"{asked.name} is not in {asked.out}: train it first")
    print("Measuring on stories it never saw …", flush=True)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = ModernBertForMaskedLM.from_pretrained(folder, dtype=torch.float32).to(device).eval()
    found = hidden_words.quality(model, tokenizer, known, tokenizer.get_vocab_size() - 1, asked.seed)
    beside = asked.out / BESIDE
    if (beside / llama_format.WEIGHTS).exists():
        # it has the same pieces: the same question can be put to it
        writer = LlamaForCausalLM.from_pretrained(beside, dtype=torch.float32).to(device).eval()
        found[BESIDE] = hidden_words.of_a_writer(writer, tokenizer, known, asked.seed)
    cards.keep(folder / language_models.FIGURES, {"quality": found})
    figures = json.loads((folder / language_models.FIGURES).read_text("utf-8"))
    size = (folder / llama_format.WEIGHTS).stat().st_size
    card = folder / "README.md"
    card.write_text(_card(asked.name, model.num_parameters(), figures, known, size), "utf-8")
    print(card.read_text("utf-8"))


def beginnings(tokenizer: Tokenizer) -> tuple[Bool[Tensor, "vocab"], Bool[Tensor, "vocab"]]:
    """Of each piece, whether it begins with what is no letter, and whether letters behind it go on with its word."""
    texts = [tokenizer.decode([id_], skip_special_tokens=False) for id_ in range(tokenizer.get_vocab_size())]
    opens = torch.tensor([not text[:1].isalpha() for text in texts])
    return opens, torch.tensor([text == " " or text[-1:].isalpha() for text in texts])


def of_words(
    ids: Int[Tensor, "*batch tokens"], opens: Bool[Tensor, "vocab"], closes: Bool[Tensor, "vocab"]
) -> Bool[Tensor, "*batch tokens"]:
    """Where a word begins: its piece does not go on with the letters of the one before."""
    before = closes[ids].roll(1, -1)
    before[..., 0] = False
    return opens[ids] | ~before


def _train(asked: argparse.Namespace, folder: Path, known: stories.Stories, device: torch.device) -> None:
    planned = Recipe()
    recipe = replace(planned, updates=asked.updates or planned.updates, seed=asked.seed)
    print("Learning pieces of words …", flush=True)
    tokenizer = stories.pieces(known.train, recipe.vocab_size)
    row = stories.stream(known.train, tokenizer).to(device)
    tokenizer.add_special_tokens([MASK])
    mask = tokenizer.get_vocab_size() - 1  # the last of all
    begins = of_words(row, *(each.to(device) for each in beginnings(tokenizer)))
    torch.manual_seed(recipe.seed)
    config = LanguageModelConfig(tokenizer.get_vocab_size())
    model = MaskedModel(config).to(device)
    training = Training(
        model,
        language_models.schedule(recipe),
        weight_decay=recipe.decay,
        products=getattr(torch, recipe.products),
    )

    def loss(update: int) -> Tensor:
        length = config.context if update >= recipe.updates - recipe.cooldown else recipe.short
        length = min(length, len(row) - 1)
        seed = recipe.seed * recipe.updates + update
        # the same places of the same stories that the language model reads
        places = stories.windows(torch.arange(len(row)), length, recipe.tokens // length, seed)[:, :-1].to(device)
        read, asked_for = hide(row[places], begins[places], mask, recipe.hidden, torch.Generator().manual_seed(seed))
        return nn.functional.cross_entropy(model(read, asked_for), row[places][asked_for])

    told = [asdict(recipe), asdict(config), known.sha256]
    progress.learn(asked.name, told, training, range(recipe.updates), loss)
    modernbert_format.write(folder, model, tokenizer, stories.END, MASK)
    made = {
        "recipe": asdict(recipe),
        "config": asdict(config),
        "data sha256": known.sha256,
        "stories": {"train": len(known.train), "test": len(known.test)},
        "tokens": len(row),
        "minutes": round(training.seconds / 60, 1),
        "device": devices.describe(device),
    }
    (folder / language_models.FIGURES).unlink(missing_ok=True)  # those of other weights
    cards.keep(folder / language_models.FIGURES, {"made": made})


def _card(name: str, parameters: int, figures: dict[str, Any], known: stories.Stories, size: int) -> str:
    made, found = figures["made"], figures["quality"]
    config = LanguageModelConfig(**made["config"])
    recipe = made["recipe"]
    origin = stories.ORIGIN if known.as_published else "Another file than the published one"
    epochs = recipe["updates"] * recipe["tokens"] / made["tokens"]
    rows = [
        [name, "all other words", found["right"]],
        [BESIDE, "the words before it", found.get(BESIDE)],
        [f"the most frequent word, “{found['most frequent word']}”", "nothing", found["right, most frequent word"]],
    ]
    parts = [
        f"# {name}",
        f"A model that fills in hidden words of short English stories, {parameters:,} parameters in half precision, "
        f"{size / 1e6:.1f} MB, in ModernBERT's format: {config.n_layers} blocks of width {config.d_model} with {config.heads} "
        f"heads that see the words on both sides, LayerNorm before each half, rotary positions, SwiGLU of {config.d_hidden}, "
        f"no biases, one table of {config.vocab_size:,} pieces, those of {BESIDE} and one that hides; {config.context} "
        "tokens of context. It is a teaching model: it knows simple stories and nothing else.",
        "## Data",
        f"{origin}. sha256 {made['data sha256']}. {made['stories']['train']:,} stories to learn from "
        f"({made['tokens']:,} tokens), {made['stories']['test']:,} held out, split by story.",
        "## Training",
        f"`python -m core.training {name} --data PATH`: seed {recipe['seed']}, {recipe['updates']:,} updates of "
        f"{recipe['tokens']:,} tokens ({epochs:.1f} passes), windows of {recipe['short']}, in the last "
        f"{recipe['cooldown']:,} updates of {config.context}; {recipe['hidden']:.0%} of the words are asked for, of which eight "
        f"in ten are hidden, one is replaced and one stays; AdamW, learning rate up to {recipe['peak_rate']:g}, weight decay "
        f"{recipe['decay']:g}; matrices multiplied in {recipe['products']}; {made['minutes']} minutes on {made['device']}.",
        "## Quality on the held-out stories",
        cards.table(["guess", "from", "hidden words that are right"], rows),
        f"{found['hidden words']:,} words that are one piece are hidden, one at a time. {BESIDE} is asked for the piece that "
        "comes next there. Where its row is empty, it was not there to be asked: `--measure` asks it.",
        "## Limits",
        "It knows few words, and repeats what simple stories say of people.",
    ]
    return "\n\n".join(parts) + "\n"
