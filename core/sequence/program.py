"""A translation as a program that runs by itself: the source of the model, as it ran, and the tokens that went in."""

import inspect
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from core import trace
from core.attention import masks, scores
from core.attention.attend import (
    AttentionTrace,
    _check_sizes,
    _check_somebody_is_visible,
    attend,
    softmax_with_sinks,
)
from core.sequence import cells, translator

_PARTS = (
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
    translator.TranslatorConfig,
    translator.Source,
    translator.DecoderStep,
    translator.Translator,
)

_HEAD = '''"""One translation, computed again from the weights of the model.

Made by Attention Lab. The model is the source that made the numbers on the screen. Needed: torch, safetensors, and the
file of weights, named on the command line, else {name}.safetensors beside this program.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
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

_TAIL = """# what went in
source_ids = {source}
target_ids = {target}
start = {start}
temperature = {temperature}
forced = {rows}  # step: weights that took the place of the model's own

# what ran
with safe_open(sys.argv[1] if len(sys.argv) > 1 else "{name}.safetensors", framework="pt") as file:
    config = TranslatorConfig(**json.loads(file.metadata()["config"]))
    tensors = {{key: file.get_tensor(key).float() for key in file.keys()}}
model = Translator(config).eval()
model.load_state_dict(tensors)
with torch.inference_mode():
    source = model.encode(torch.tensor([source_ids]), torch.tensor([len(source_ids)]))
    state, previous, weights = source.first_state, start, []
    for number, written in enumerate(target_ids):
        embedded = model.embedding(torch.tensor([previous]))
        row = torch.tensor([forced[number]]) if number in forced else None
        taken = model.step(source, embedded, state, row, temperature)
        state, previous = taken.decoder_state, written
        probability = model.logits(state, taken.context, embedded).softmax(-1)[0, written]
        print("step", number, "piece", written, "probability", round(probability.item(), 4))
        if taken.attention is not None:
            weights.append(taken.attention.weights[0, 0, 0] if row is None else row[0])
if weights:
    print("weights")
    print(torch.stack(weights))
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


def program(
    name: str,
    start: int,
    source: Sequence[int],
    target: Sequence[int],
    rows: Mapping[int, Sequence[float]],
    temperature: float = 1.0,
) -> str:
    """The program for one translation.

    name     of the model; start: the id of the mark before the first piece.
    rows     attention weights that were forced, by step.
    """
    parts = "\n\n".join(inspect.getsource(inspect.unwrap(part)) for part in _PARTS)
    constant = 'SCALED_DOT = Score("scaled dot", "", "", scaled=True, function=dot)'
    tail = _TAIL.format(
        name=name,
        start=start,
        source=list(source),
        target=list(target),
        rows={step: [float(weight) for weight in row] for step, row in rows.items()},
        temperature=temperature,
    )
    # the default of `attend` needs the constant before it
    head, middle = parts.split("@dataclass(frozen=True)\nclass AttentionTrace", 1)
    return f"{_HEAD.format(name=name)}\n\n{head}{constant}\n\n\n@dataclass(frozen=True)\nclass AttentionTrace{middle}\n\n{tail}"
