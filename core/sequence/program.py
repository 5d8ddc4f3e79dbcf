"""A translation as a program that runs by itself: the source of the model, as it ran, and the tokens that went in."""

import inspect
from collections.abc import Callable, Sequence

from torch import Tensor

from core import trace
from core.analysis import alignment, grouping
from core.attention import masks, scores
from core.attention.attend import (
    AttentionTrace,
    _check_sizes,
    _check_somebody_is_visible,
    attend,
    softmax_with_sinks,
)
from core.sequence import cells, decoder, decoding
from core.sequence.decoding import NO_INTERVENTIONS, Interventions
from core.sequence.trained import TrainedTranslator, Translation
from core.sequence.translator import Translator

_ATTENTION = (
    trace.step,
    scores.Score,
    scores.dot,
    scores.joined,
    scores.projected_additive,
    masks.unattending,
    AttentionTrace,
    attend,
    softmax_with_sinks,
    _check_sizes,
    _check_somebody_is_visible,
)
_DECODER = (decoder.DecoderConfig, decoder.Source, decoder.DecoderStep, decoder.Decoder)

_HEAD = '''"""{title}

Made by Attention Lab. The model is the source that made the numbers on the screen. Needed: torch, safetensors, and
{files} in the folder that is named on the command line, else beside this program.
"""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

torch.set_printoptions(precision=4, sci_mode=False, linewidth=160, threshold=1_000_000)
'''

_CELL_HEAD = '''"""A recurrent cell reads a sequence: the same numbers as on the screen.

Made by Attention Lab. Needed: torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

torch.set_printoptions(precision=4, sci_mode=False, linewidth=160, threshold=1_000_000)
'''

_OPENED = """def opened(name, kind):
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    path = folder / f"{{name}}.safetensors"
    if not path.exists():
        sys.exit(f"{{path}} is missing: name the folder that holds it; in the project that is assets/checkpoints")
    with safe_open(path, framework="pt") as file:
        config = {config}(**json.loads(file.metadata()["config"]))
        tensors = {{key: file.get_tensor(key).float() for key in file.keys()}}
    model = kind(config).eval()
    model.load_state_dict(tensors)
    return model
"""

_TAIL = """# what went in
source_ids = {source}
target_ids = {target}
pieces = {pieces}
start = {start}
temperature = {temperature}
forced = {rows}  # step: weights that took the place of the model's own

# what ran
model = opened("{name}", Translator)
with torch.inference_mode():
    source = model.encode(torch.tensor([source_ids]), torch.tensor([len(source_ids)]))
    state, previous, weights = source.first_state, start, []
    for number, written in enumerate(target_ids):
        embedded = model.embedding(torch.tensor([previous]))
        row = torch.tensor([forced[number]]) if number in forced else None
        taken = model.step(source, embedded, state, row, temperature)
        state, previous = taken.decoder_state, written
        probability = model.logits(state, taken.context, embedded).softmax(-1)[0, written]
        print("step", number, "writes", pieces[number], "probability", round(probability.item(), 4))
        if taken.attention is not None:
            weights.append(taken.attention.weights[0, 0, 0] if row is None else row[0])
if weights:
    print("weights")
    print(torch.stack(weights))
"""


_ALIGNMENTS = """# what went in
source_ids = {source}
source_words = {words}
source_word_of = {word_of}  # the word of each piece, without the mark of the end
written = {written}  # what each model wrote: pieces, the word of each, words
start = {start}
knowing = {knowing}  # whether the weights are those after the piece is known

# what ran
for name, (target_ids, target_word_of, target_words) in written.items():
    model = opened(name, Translator)
    with torch.inference_mode():
        source = model.encode(torch.tensor([source_ids]), torch.tensor([len(source_ids)]))
    weights = weights_of(model, source, start, tuple(target_ids), knowing=knowing)[:, :-1]
    weights = weights / weights.sum(dim=1, keepdim=True)
    print(name)
    print("rows", *target_words)
    print("columns", *source_words)
    print(of_words(weights, target_word_of, source_word_of))
"""


def of_cell(function: Callable, inputs: Tensor, maps: cells.Maps) -> str:
    """The program that lets a cell read a sequence once more, with the numbers that went in written down.

    inputs (1, tokens, d_input); maps: the cell's own.
    """
    trace_type = inspect.signature(inspect.unwrap(function)).return_annotation
    parts = (trace.step, trace_type, cells.Maps, cells._stacked, function)
    source = "\n\n".join(inspect.getsource(inspect.unwrap(part)) for part in parts)
    numbers = "\n".join(f"    torch.tensor({weight.tolist()})," for weight in vars(maps).values())
    return (
        f"{_CELL_HEAD}\n\n{source}\n\n# what went in\ninputs = torch.tensor({inputs.tolist()})\nmaps = Maps(\n{numbers}\n)\n\n"
        f"# what ran\nfound = {function.__name__}(inputs, maps)\n\n# what came out\n"
        "for name, tensor in vars(found).items():\n    print(name)\n    print(tensor)\n"
    )


def program(translator: TrainedTranslator, made: Translation, interventions: Interventions = NO_INTERVENTIONS) -> str:
    """The program for one translation, with what was forced on it."""
    tail = _TAIL.format(
        name=translator.name,
        start=translator.vocabulary.start,
        source=list(made.source.ids),
        target=list(made.target.ids),
        pieces=list(made.tokens),
        rows={step: [float(weight) for weight in row] for step, row in interventions.rows},
        temperature=interventions.temperature,
    )
    return whole(
        "One translation, computed again from the weights of the model.", [translator.name], (Translator,), tail
    )


def of_alignments(made: Sequence[tuple[TrainedTranslator, Translation]], *, knowing: bool) -> str:
    """The program for the words that belong together in what some translators made of one sentence, as `words_of`."""
    written = {}
    for model, translation in made:
        end = model.vocabulary.end
        target = translation.target
        n_target = len(target.ids) - (target.ids[-1] == end)
        word_of = target.word_of[:n_target]
        written[model.name] = (list(target.ids[:n_target]), list(word_of), list(target.words[: word_of[-1] + 1]))
    first, source = made[0][0], made[0][1].source
    tail = _ALIGNMENTS.format(
        start=first.vocabulary.start,
        source=list(source.ids),
        word_of=list(source.word_of[:-1]),
        words=list(source.words[:-1]),
        written=written,
        knowing=knowing,
    )
    parts = (
        Translator,
        grouping.membership,
        grouping.grouped,
        alignment._places,
        alignment.of_words,
        decoding.weights_of,
    )
    return whole("Which words of two sentences belong together.", list(written), parts, tail)


def whole(
    title: str, models: Sequence[str], parts: Sequence[Callable], tail: str, config: str = "DecoderConfig"
) -> str:
    """A program around one of the project's own models.

    models   the names of those whose files it opens.
    parts    whose source it holds beside that of attention and, where the config is a decoder's, of the decoder.
    tail     what it does with them.
    """
    parts = (*_ATTENTION, *(_DECODER if config == "DecoderConfig" else ()), *parts)
    head = _HEAD.format(title=title, files=" and ".join(f"{name}.safetensors" for name in models))
    source = "\n\n".join(inspect.getsource(inspect.unwrap(part)) for part in parts)
    constant = 'SCALED_DOT = Score("scaled dot", "", "", scaled=True, function=dot)'
    # the default of `attend` needs the constant before it
    before, after = source.split("@dataclass(frozen=True)\nclass AttentionTrace", 1)
    model = _OPENED.format(config=config)
    trace_class = f"@dataclass(frozen=True)\nclass AttentionTrace{after}"
    return f"{head}\n\n{before}{constant}\n\n\n{trace_class}\n\n{model}\n\n{tail}"
