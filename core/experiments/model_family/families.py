"""What models share and how large they are: counted on blocks and on the library's configurations."""

import torch
from torch import nn

from core.cost import tree
from core.cost.blocks import counted
from core.experiments.claim import Finding, Number, claim
from core.experiments.model_family.given import Given
from core.models import checkpoints
from core.transformer.mirror import SHOWN, mirrored, read
from core.transformer.rows import RowModel
from core.vision import inputs

_BILLION = 1e9
_WIDTH = 512


@claim(
    said="GPT is the decoder of the Transformer.",
    verdict="imprecise",
    instead="Without cross-attention: an encoder's block under a causal mask.",
    sources=("radford2018", "vaswani2017"),
    identity=True,
)
def decoder_part(given: Given, seed: int) -> Finding:
    """Parameters of an encoder's block, of GPT's and of a decoder's block of 2017, of one width."""
    bert, gpt, full = (each[-1] for each in counted(_WIDTH).values())
    numbers = (
        Number(f"BERT's block, {_WIDTH} wide", bert, ",d"),
        Number("GPT's block", gpt, ",d"),
        Number("the decoder's block of 2017", full, ",d"),
    )
    return Finding(
        numbers,
        holds=bert == gpt == 12 * _WIDTH**2 + 13 * _WIDTH < full,
        says=f"BERT's and GPT's blocks have {bert:,} parameters each, 12 D² + 13 D; the decoder's of 2017 has {full:,}.",
    )


@claim(
    said="Billions of parameters led to models such as GPT-3 and BERT.",
    verdict="wrong",
    instead="To GPT-3, yes. BERT has 0.11 or 0.34 billion.",
    sources=("devlin2019", "brown2020"),
    identity=True,
)
def billions(given: Given, seed: int) -> Finding:
    """Both sizes of BERT, GPT-2 and GPT-3, built without numbers from the library's configurations and counted."""
    totals = {each.name: each.total for each in tree.known()}
    names = ("BERT-base", "BERT-large", "GPT-2", "GPT-3")
    base, large, _, gpt3 = (totals[name] for name in names)
    return Finding(
        tuple(Number(name, totals[name], ",d") for name in names),
        holds=base < large < _BILLION < gpt3,
        says=f"BERT has {base:,} or {large:,} parameters, GPT-3 {gpt3:,}: {gpt3 / large:.0f} times the larger BERT.",
    )


@claim(
    said="Modern language models add an embedding layer.",
    verdict="wrong",
    instead="It is in the paper of 2017, shared with the map to the scores. It is a lookup: one-hot rows times a table.",
    sources=("vaswani2017", "press2017"),
    identity=True,
)
def embedding_is_new(given: Given, seed: int) -> Finding:
    """The learner's row as one-hot rows times a trained table, and the rows of that table that its letters choose."""
    table = checkpoints.load_small("mirror-both-sides", RowModel).letters.weight
    row = mirrored(torch.tensor([read(given.half)]))[0]
    product = nn.functional.one_hot(row, len(SHOWN)).to(table) @ table
    apart = (product - table[row]).abs().max().item() if len(row) else 0.0
    numbers = (
        Number("letters in the table", len(table), ",d"),
        Number("numbers for each", table.shape[1], ",d"),
        Number("product and lookup differ by", apart, ".1f"),
    )
    return Finding(
        numbers,
        holds=apart == 0,
        says=f"For all {len(row)} letters, product and lookup differ by {numbers[2].text}.",
    )


@claim(
    said="Transformers are versatile: they read text, pictures and sound alike.",
    verdict="right",
    instead="What enters must be cut into tokens of one width first, each kind in its own way.",
    sources=("dosovitskiy2021", "raffel2020"),
    identity=True,
)
def versatile(given: Given, seed: int) -> Finding:
    """Words, squares of the learner's scene and frames of it in motion go through one and the same block."""
    found = inputs.read(given.scene, seed)
    kinds = [(getattr(found, name), getattr(found, f"{name}_out")) for name in inputs.INPUTS]
    counts = [rows.shape[1] for rows, _ in kinds]
    return Finding(
        tuple(Number(name, count, ",d") for name, count in zip(inputs.INPUTS, counts, strict=True)),
        holds=all(rows.shape == out.shape and bool(torch.isfinite(out).all()) for rows, out in kinds),
        says=f"One block took {counts[0]} words, {counts[1]} squares and {counts[2]} frames, and gave as many rows of the same "
        "width back.",
    )
