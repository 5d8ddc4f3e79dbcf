"""What waits for what, and how far things reach: recurrence, convolution, attention, windows."""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from core.attention import attend, masks
from core.experiments.claim import Finding, Number, claim
from core.experiments.cost.given import Given
from core.experiments.measure import exact, largest
from core.numerals import how_many
from core.operations import calls
from core.seeded import seeded
from core.sequence.decoder import DecoderConfig
from core.sequence.translator import Translator
from core.transformer.block import Block

WINDOW = 2
DEEPEST = 64  # layers that are tried
WIDTH, VOCABULARY = 16, 32  # of models that nobody trained, whose calls are counted
SAME = 1e-9  # numbers in double precision that differ by less are the same


@claim(
    said="A window of the nearest words is enough.",
    verdict="imprecise",
    instead="Models trained without one leave the weight that they have no use for on the first token. Keep that token beside "
    "the window, and the outputs stay nearer.",
    sources=("xiao2024", "beltagy2020"),
)
def window(given: Given, seed: int) -> Finding:
    """How far the outputs of your heads move within a window of 2, with the first token and without it."""
    operands, n_tokens = given.operands, given.n_tokens
    before = attend(*operands).output
    size = before.norm().clamp(min=1e-300)
    near = masks.local(n_tokens, WINDOW)
    with_first = near | (torch.arange(n_tokens) == 0)
    alone, kept = (
        ((attend(*operands, allowed).output - before).norm() / size).item() for allowed in (near, with_first)
    )
    numbers = (
        Number("outputs off by, window alone", alone),
        Number("outputs off by, with the first token", kept),
    )

    alike = "" if kept < alone else ": your heads leave nothing there"
    return Finding(
        numbers,
        holds=kept < alone,
        says=f"Within a window of {WINDOW} the outputs of your heads are off by {numbers[0].text} of their length, and by "
        f"{numbers[1].text} where they see the first token, too{alike}.",
    )


@claim(
    said="What runs in parallel is faster.",
    verdict="imprecise",
    instead="Fewer steps wait for each other: one in place of one for each token. How fast that is hangs on the machine; a "
    "recurrent layer that is written as one piece can be faster on a processor.",
    sources=("vaswani2017",),
)
def parallel(given: Given, seed: int) -> Finding:
    """Calls of its cell by a decoder as in lesson 1, and of its attention by a block, each reading as many tokens as yours."""
    n_tokens = given.n_tokens
    with seeded(seed):
        recurrent = Translator(DecoderConfig(VOCABULARY, "none", WIDTH, WIDTH, WIDTH)).eval()
        block = Block(WIDTH, 1, d_ff=WIDTH).eval()
    ids, rows = torch.zeros(1, n_tokens, dtype=torch.long), torch.zeros(1, n_tokens, WIDTH)
    cell = calls(recurrent.cell, lambda: recurrent(ids, torch.tensor([n_tokens]), ids))
    attention = calls(block.attention, lambda: block(rows))
    numbers = (
        Number("calls of a recurrent cell", cell, ",.0f"),
        Number("calls of attention", attention, ",.0f"),
    )

    return Finding(
        numbers,
        holds=cell == n_tokens > attention,
        says=f"To read {how_many(n_tokens, 'token')}, as many as yours, a recurrent decoder calls its cell {numbers[0].text} "
        f"times, one after the other, and a block calls its attention {how_many(attention, 'time')}.",
    )


@claim(
    said="Attention works in parallel also while it writes.",
    verdict="imprecise",
    instead="While it learns from a text that is there. Writing stays one token after the other; keeping keys and values only "
    "spares doing all earlier tokens again.",
    sources=("shazeer2019", "vaswani2017"),
)
def generates(given: Given, seed: int) -> Finding:
    """A small Llama of the library, which nobody trained, writes as many tokens as yours: how often it is called, on how many."""
    n_tokens = given.n_tokens
    anew, kept = (written(n_tokens, keeps, seed) for keeps in (False, True))
    difference = largest(anew.scores - kept.scores)
    numbers = (
        Number("tokens that go through, nothing kept", sum(anew.read), ",.0f"),
        Number("tokens that go through, keys and values kept", sum(kept.read), ",.0f"),
        Number("steps that wait for each other", len(kept.read), ",.0f"),
        Number("scores of the next token differ by", difference, ".1e"),
    )

    return Finding(
        numbers,
        holds=difference <= SAME and len(kept.read) == n_tokens and 1 < sum(kept.read) < sum(anew.read),
        says=f"To write {how_many(n_tokens, 'token')}, as many as yours, the model is called {how_many(len(kept.read), 'time')}, "
        f"and {numbers[0].text} tokens go through it, or {numbers[1].text} with keys and values kept; the scores of what comes "
        f"next differ by {numbers[3].text}.",
    )


@dataclass(frozen=True, eq=False)
class Writing:
    """A text being written. read: on how many tokens the model was called, call by call; scores: of each next token."""

    read: list[int]
    scores: Tensor


def written(n_tokens: int, keeps: bool, seed: int) -> Writing:
    """So many tokens as the library writes them, after a first one; keeps: whether keys and values are kept."""
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        eos_token_id=None,
    )
    with seeded(seed):
        model = LlamaForCausalLM(config).double().eval()
    read: list[int] = []
    model.get_input_embeddings().register_forward_hook(lambda _, ids, made: read.append(made.shape[1]))
    told = {"do_sample": False, "use_cache": keeps, "return_dict_in_generate": True, "output_logits": True}
    first = torch.ones(1, 1, dtype=torch.long)
    with torch.no_grad():
        made = model.generate(first, attention_mask=first, max_new_tokens=n_tokens, pad_token_id=0, **told)
    return Writing(read, torch.cat(made.logits))


@claim(
    said="Convolutions are bad for long texts.",
    verdict="imprecise",
    instead="They need depth: L layers of k places hear L(k − 1) + 1 tokens. Where each layer looks twice as far apart as the "
    "one before, that is 2 to the power of L for k = 2.",
    sources=("vaswani2017", "yu2016"),
)
def long_texts(given: Given, seed: int) -> Finding:
    """Layers of two places until the last of your tokens hears the first, plain and dilated, by gradients through them."""
    distance = given.n_tokens - 1
    plain, dilated = hears_first(given.n_tokens, False), hears_first(given.n_tokens, True)
    numbers = (
        Number("distance", distance, ",.0f"),
        Number("layers, plain", plain, ",.0f"),
        Number("layers, dilated", dilated, ",.0f"),
    )

    reason = "" if dilated < plain else " (so short a text shows no difference)"
    return Finding(
        numbers,
        holds=plain == min(distance, DEEPEST) and dilated == distance.bit_length() < plain,
        says=f"Convolutions of two places need {how_many(plain, 'layer')} to carry something over the distance of "
        f"{numbers[0].text}, and {how_many(dilated, 'layer')} where they are dilated{reason}.",
    )


def hears_first(n_tokens: int, dilated: bool) -> int:
    """The fewest layers of two places through which a gradient comes from the last token to the first, at most DEEPEST."""
    with torch.enable_grad():
        first = torch.ones(1, 1, n_tokens, dtype=torch.float64, requires_grad=True)
        x, weights = first, torch.full((1, 1, 2), 0.5, dtype=torch.float64)
        for layers in range(DEEPEST + 1):
            (gradient,) = torch.autograd.grad(x[0, 0, -1], first, retain_graph=True)
            if gradient[0, 0, 0] != 0:
                return layers
            apart = min(2**layers, n_tokens) if dilated else 1
            padded = torch.nn.functional.pad(x, (apart, 0))
            x = torch.nn.functional.conv1d(padded, weights, dilation=apart)
    return DEEPEST


@claim(
    said="Through attention every token reaches every other one in one step.",
    verdict="right",
    instead="No distance makes a path longer. Whether a model uses the path is another matter: that has to be learned, and "
    "weights can be as good as 0.",
    sources=("vaswani2017",),
)
def reaches(given: Given, seed: int) -> Finding:
    """Pairs of your tokens between which a gradient comes through one layer, and through one layer in a window."""
    queries, keys, values = given.operands
    n_tokens = given.n_tokens
    everywhere = pairs_reached(queries, keys, values, None)
    near = pairs_reached(queries, keys, values, masks.local(n_tokens, WINDOW))
    numbers = (
        Number("pairs that are reached", everywhere, ",.0f"),
        Number("pairs", n_tokens**2, ",.0f"),
        Number("pairs that are reached in a window of 2", near, ",.0f"),
    )

    some = "" if everywhere == n_tokens**2 else "; the others get a weight of exactly 0"
    return Finding(
        numbers,
        holds=everywhere == n_tokens**2 > near,
        says=f"A gradient comes through one layer between {numbers[0].text} of {numbers[1].text} pairs of your tokens, and "
        f"between {numbers[2].text} in a window of {WINDOW}{some}.",
    )


def pairs_reached(queries: Tensor, keys: Tensor, values: Tensor, allowed: Tensor | None) -> int:
    """How many outputs of any head move with the value of which token, by gradients."""
    with torch.enable_grad():
        moving = exact(values).requires_grad_()
        output = attend(queries, keys, moving, allowed).output.sum((0, 1, 3))
        rows = [torch.autograd.grad(each, moving, retain_graph=True)[0] for each in output]
    return int((torch.stack(rows).abs().amax((1, 2, 4)) > 0).sum())
