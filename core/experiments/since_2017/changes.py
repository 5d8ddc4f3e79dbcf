"""What changed and what did not: shapes, sizes, and what a writer keeps."""

from dataclasses import replace

import torch

from core.experiments.claim import Finding, Number, claim
from core.experiments.since_2017.given import Given
from core.seeded import seeded
from core.transformer.design import HEADS, NOW, THEN, build, counted
from core.transformer.self_attention import SelfAttention

WIDTH, LONG = 768, 512  # a block as wide as BERT's, and a text as long
BERT_HEADS = 12


@claim(
    said="The architecture of the Transformer has not changed since 2017.",
    verdict="imprecise",
    instead="Its plan has not: attention, a network, two sums. Norms, gates, places and shared keys are new parts of it.",
    sources=("vaswani2017", "zhang2019", "shazeer2020", "su2021", "ainslie2023"),
    identity=True,
)
def unchanged(given: Given, seed: int) -> Finding:
    """Random tokens through a block of 2017 and one of today, both with keys and values for every head; their parameters."""
    today = replace(NOW, n_kv_heads=HEADS)
    with seeded(seed):
        then, now = (build(design, 8 * HEADS) for design in (THEN, today))
    rows = torch.randn(1, len(given.x), 8 * HEADS, generator=torch.Generator().manual_seed(seed))
    same_shape = then(rows).resid_post.shape == now(rows).resid_post.shape == rows.shape
    sizes = [counted(design, WIDTH, LONG) for design in (THEN, today)]
    formulas = [12 * WIDTH**2 + 13 * WIDTH, 12 * WIDTH**2 + 2 * WIDTH]
    numbers = (
        Number(f"parameters of a block of 2017, {WIDTH} wide", sizes[0].parameters, ",d"),
        Number("of one of today, with keys and values for every head", sizes[1].parameters, ",d"),
        Number("choices of five that differ", len(THEN.unlike(today)), ",d"),
    )
    return Finding(
        numbers,
        holds=same_shape and [cost.parameters for cost in sizes] == formulas,
        says=f"Both give as many vectors of the same width as they get; of {WIDTH} numbers a token, the block of 2017 has "
        f"{numbers[0].text} parameters and one of today, with keys and values for every head, {numbers[1].text}; they differ in "
        f"{numbers[2].text} of 5 choices.",
    )


@claim(
    said="Every head has keys and values of its own.",
    verdict="imprecise",
    instead="So it was in 2017. Since then heads of queries share them, and a writer keeps a fraction of the numbers.",
    sources=("vaswani2017", "shazeer2019", "ainslie2023"),
    identity=True,
)
def keys_of_its_own(given: Given, seed: int) -> Finding:
    """Numbers of keys and values that 12 heads of 64 keep for each token of a layer: own ones, and one head shared by all."""
    with torch.device("meta"):
        own, shared = (SelfAttention(WIDTH, BERT_HEADS, kept).cached_numbers for kept in (BERT_HEADS, 1))
    numbers = (
        Number("numbers per token and layer, 12 heads of their own", own, ",d"),
        Number("numbers per token and layer, 1 head shared", shared, ",d"),
    )
    return Finding(
        numbers,
        holds=own == BERT_HEADS * shared,
        says=f"{BERT_HEADS} heads of {WIDTH // BERT_HEADS} keep {numbers[0].text} numbers for each token and layer, or "
        f"{numbers[1].text} where all share one head of keys and values.",
    )
