"""A computation as a program that runs by itself: only torch is needed, and transformers where a real model is read.

The lines that compute are the very lines of this project's source that ran (`core.listing`).
"""

import ast
import base64
import inspect
import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from core.attention import scores
from core.listing import Line

DOUBLE = ["x = x.double()", "maps = SimpleNamespace(**{name: w.double() for name, w in vars(maps).items()})"]
HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"


class _Undress(ast.NodeTransformer):
    """Takes the annotations off a function: they need a library that the program can do without."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        node.decorator_list = []
        for argument in [*node.args.args, *node.args.kwonlyargs]:
            argument.annotation = None
        return node


def source(function: Callable[..., Any]) -> str:
    """The source of a function without its annotations."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    return ast.unparse(_Undress().visit(tree))


def read_model(ids: Sequence[int], name: str = "hidden") -> list[str]:
    """Lines that let the offline model read tokens and keep what enters each layer."""
    return [
        f"ids = torch.tensor([{list(ids)}])",
        "with torch.inference_mode():",
        f"    {name} = model(input_ids=ids, output_hidden_states=True).hidden_states",
    ]


def open_model() -> list[str]:
    """Lines that open the offline model: from a folder named on the command line, else from the hub."""
    return [
        "import sys",
        "from transformers import AutoModel",
        "",
        f'model = AutoModel.from_pretrained(sys.argv[1] if len(sys.argv) > 1 else "{HUB_NAME}")',
        "model.requires_grad_(False)",
    ]


def maps_of_head(layer: int, head: int, n_heads: int) -> list[str]:
    """Lines that take W_Q, W_K, W_V and their biases of one head out of the model."""
    return [
        f"attention = model.encoder.layer[{layer}].attention.self",
        f"head_dim = attention.query.weight.shape[0] // {n_heads}",
        f"own = slice({head} * head_dim, {head + 1} * head_dim)",
        "maps = SimpleNamespace(",
        *(
            f"    w_{name}=attention.{name}.weight.T[:, own], b_{name}=attention.{name}.bias[own],"
            for name in ("query", "key", "value")
        ),
        ")",
    ]


def maps_of_layer(layer: int) -> list[str]:
    """Lines that take all maps of a layer out of the model."""
    return [
        f"attention = model.encoder.layer[{layer}].attention",
        "layer = SimpleNamespace(maps=SimpleNamespace(",
        *(
            f"    w_{name}=attention.self.{name}.weight.T, b_{name}=attention.self.{name}.bias,"
            for name in ("query", "key", "value")
        ),
        "), w_output=attention.output.dense.weight.T, b_output=attention.output.dense.bias)",
    ]


def layer_by_hand(w_query: Any, w_key: Any, w_value: Any, w_output: Any) -> list[str]:
    """Lines that write down all maps of a layer, without biases."""
    return [
        *maps_by_hand(w_query, w_key, w_value),
        f"layer = SimpleNamespace(maps=maps, w_output=torch.tensor({_list(w_output)}), b_output=0.0)",
    ]


def maps_by_hand(w_query: Any, w_key: Any, w_value: Any) -> list[str]:
    """Lines that write down maps of a few numbers, without biases."""
    lines = ["maps = SimpleNamespace("]
    for name, rows in (("query", w_query), ("key", w_key), ("value", w_value)):
        lines.append(f"    w_{name}=torch.tensor({_list(rows)}), b_{name}=torch.zeros({len(rows[0])}),")
    return [*lines, ")"]


def tensor(name: str, rows: Any, *, heads: bool = False) -> str:
    """A line that writes down a matrix, as a batch of one, and with one head if asked."""
    return f"{name} = torch.tensor([[{_list(rows)}]])" if heads else f"{name} = torch.tensor([{_list(rows)}])"


def score(name: str, head_dim: int, hidden: int, seed: int) -> list[str]:
    """Lines that define the score function of this name; an additive one with untrained weights from a seed."""
    if name == "cosine":
        return [source(scores.cosine), "score = cosine"]
    if name == "additive":
        return [
            f"rng = torch.Generator().manual_seed({seed})",
            f"w_query, w_key = (torch.randn({head_dim}, {hidden}, generator=rng) * {head_dim} ** -0.5 for _ in range(2))",
            f"v, activation = torch.randn({hidden}, generator=rng), torch.tanh",
            source(scores.joined),
            source(scores.random_additive(1, 1, 0).function),
        ]
    return [source(scores.dot), "score = dot"]


def _list(rows: Any) -> str:
    return str([[float(cell) for cell in row] for row in rows])


def png(pixels: UInt8[np.ndarray, "height width 3"]) -> str:
    """A picture as a PNG in letters, to be written down in a program."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def opened_png(letters: str) -> UInt8[np.ndarray, "height width 3"]:
    """The picture that `png` wrote down."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(letters))).convert("RGB"))


def model_weights(name: str, loader: str, inputs: Mapping[str, Tensor], found: str) -> list[str]:
    """Lines that let any model read and keep its `weights`, (layers, heads, queries, keys), as the library gives them.

    loader   the class of transformers that opens the model.
    found    under which name its output has them: attentions, cross_attentions, ...
    """
    return [
        "import sys",
        f"from transformers import {loader}",
        "",
        f"name = sys.argv[1] if len(sys.argv) > 1 else {name!r}",
        f'model = {loader}.from_pretrained(name, attn_implementation="eager", dtype=torch.float32).eval()',
        "inputs = {",
        *(f"    {key!r}: torch.tensor({tensor.tolist()})," for key, tensor in inputs.items()),
        "}",
        "with torch.inference_mode():",
        f"    weights = torch.cat(model(**inputs, output_attentions=True).{found})",
    ]


def in_docstring(text: str) -> str:
    """A text for between the quotes of a docstring, which it cannot end: a folder may have any name."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def program(
    title: str, setup: Sequence[str], helpers: Sequence[Callable[..., Any]], lines: Sequence[Line], shown: Sequence[str]
) -> str:
    """The whole program: what it needs, the lines that ran, and the numbers it prints."""
    opened = "The model is read from the folder named on the command line, else from the Hugging Face Hub.\n"
    words = (
        f'"""{in_docstring(title)}\n\n'
        f'Made by Attention Lab. Under "what ran" are the lines that made the numbers on the screen.\n'
        f'{opened if "import sys" in setup else ""}"""'
    )
    return (
        "\n\n".join(
            [
                words,
                "from types import SimpleNamespace\n\nimport torch",
                "torch.set_printoptions(precision=4, sci_mode=False, linewidth=160, threshold=1_000_000)",
                *(source(helper) for helper in helpers),
                "# what went in\n" + "\n".join(setup),
                "# what ran\n" + "\n".join(line.text for line in lines),
                "# what came out\n" + "\n".join(f'print("{name}")\nprint({name})' for name in shown),
            ]
        )
        + "\n"
    )
