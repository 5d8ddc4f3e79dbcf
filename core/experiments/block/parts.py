"""What each part of a block does to one token, and to the others."""

import torch

from core.analysis.stream import coupling, drawn_direction
from core.experiments.block.given import Given
from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import edited, largest
from core.transformer.norms import batch_norm, layer_norm

MOVES = 0.1  # of a number whose deviation is 1
MET = 1e-9  # tokens that move by less do not hear each other


@claim(
    said="LayerNorm is the same for all features, BatchNorm the same for all examples.",
    verdict="imprecise",
    instead="The mean and the deviation are: LayerNorm shares them over the numbers of one token, BatchNorm over all tokens for "
    "one number. Gain and shift are learned for each number in both.",
    sources=("ba2016", "ioffe2015"),
)
def same_for_all(given: Given, seed: int) -> Finding:
    """Edit the other one in the batch: does a token's normalised vector change under LayerNorm, and under BatchNorm?"""
    given = given.exact()
    mine, others = given.into_norm(given.x), given.into_norm(given.other)
    one, zero = torch.ones(mine.shape[-1]).to(mine), torch.zeros(mine.shape[-1]).to(mine)
    n_tokens = mine.shape[1]
    batches = [torch.cat([mine, rows], dim=1) for rows in (others, edited(others))]
    by_layer = [layer_norm(rows, one).scaled_norm[:, :n_tokens] for rows in batches]
    by_batch = [batch_norm(rows, one, zero).scaled_norm[:, :n_tokens] for rows in batches]
    padded = batch_norm(mine, one, zero, beside=torch.zeros_like(mine)).scaled_norm
    layer_moves, batch_moves = (largest(after - before) for before, after in (by_layer, by_batch))
    numbers = (
        Number("edited: LayerNorm moves a number by", layer_moves, ".2f"),
        Number("edited: BatchNorm moves one by", batch_moves, ".2f"),
        Number(
            "filled up with zeros: BatchNorm moves one by",
            largest(padded - batch_norm(mine, one, zero).scaled_norm),
            ".2f",
        ),
        Number("largest mean of a token after LayerNorm", largest(by_layer[0].mean(-1)), ".1e"),
    )
    return Finding(
        numbers,
        holds=layer_moves == 0 and batch_moves > MOVES,
        says=f"With the other one in the batch negated, LayerNorm moves no number by more than {numbers[0].text}, BatchNorm some "
        f"by {numbers[1].text}, and as many filling tokens of zeros by {numbers[2].text}.",
    )


@claim(
    said="Layer normalisation takes its mean over the sentence.",
    verdict="wrong",
    instead="It takes it over the numbers of one token. What stands beside it in the sentence or in the batch does not enter.",
    sources=("ba2016",),
)
def over_the_sentence(given: Given, seed: int) -> Finding:
    """Edit all tokens but the first: does the first change under the norm? And by how much do their means differ?"""
    given = given.exact()
    tokens = given.into_norm(given.x)
    changed = torch.cat([tokens[:, :1], edited(tokens[:, 1:])], dim=1)
    moved = largest((given.block.norm_attention(changed) - given.block.norm_attention(tokens))[:, 0])
    means = tokens.mean(-1)[0]
    apart = (means.max() - means.min()).item()
    numbers = (
        Number("the others edited: the first moves by", moved, ".2f"),
        Number("tokens edited", tokens.shape[1] - 1, "d"),
        Number("means of tokens lie apart by up to", apart, ".2g"),
    )
    return Finding(
        numbers,
        holds=moved == 0 and tokens.shape[1] > 1 and apart > MET,
        says=f"With all {tokens.shape[1] - 1} other tokens negated, the first moves by {numbers[0].text} under the norm; their "
        f"own means lie apart by up to {numbers[2].text}.",
    )


@claim(
    said="In an encoder, self-attention is the only place where tokens meet; norm and MLP work on each alone.",
    verdict="right",
    instead="Push one token a little: through attention the others move, through norm and MLP not at all. A decoder also has "
    "attention to the source.",
    sources=("cs231n2025", "vaswani2017"),
)
def only_attention(given: Given, seed: int) -> Finding:
    """The Jacobian of each part, token by token, in a direction drawn from the seed."""
    given = given.exact()
    x = given.entering(given.x)
    trace, direction = given.block(x), drawn_direction(x.shape[-1], seed)
    off = ~torch.eye(x.shape[1], dtype=torch.bool)
    between = {
        name: largest(coupling(part, tokens, direction)[off])
        for name, part, tokens in (
            ("norm", given.block.norm_attention, given.into_norm(given.x)),
            ("MLP", lambda tokens: given.block.feed_forward(tokens).ff_out, trace.normed_mid),
            ("attention", lambda tokens: given.block.attention(tokens).mixed, trace.normed),
        )
    }
    numbers = tuple(Number(f"between tokens, {name}", value, ".3g") for name, value in between.items())
    return Finding(
        numbers,
        holds=between["norm"] == between["MLP"] == 0 and between["attention"] > MET,
        says=f"For one unit of a push another token moves by up to {numbers[2].text} in attention, by {numbers[0].text} in the "
        f"norm and by {numbers[1].text} in the MLP.",
    )


@claim(
    said="The MLP mixes what the tokens of a sentence say.",
    verdict="wrong",
    instead="It never sees two tokens at once. What it mixes are the numbers of one token, which attention has brought there.",
    sources=("vaswani2017",),
)
def network_mixes(given: Given, seed: int) -> Finding:
    """Edit the first token alone: what becomes of the others in the MLP, and what in attention?"""
    given = given.exact()
    tokens = given.block(given.entering(given.x)).normed_mid
    changed = torch.cat([edited(tokens[:, :1]), tokens[:, 1:]], dim=1)
    by_network, by_attention = (
        largest((part(changed) - part(tokens))[:, 1:])
        for part in (
            lambda rows: given.block.feed_forward(rows).ff_out,
            lambda rows: given.block.attention(rows).mixed,
        )
    )
    numbers = (
        Number("the first edited: the MLP moves the others by", by_network, ".2g"),
        Number("attention moves them by", by_attention, ".2g"),
    )
    return Finding(
        numbers,
        # a product of matrices may sum a row in another order beside other rows
        holds=by_network <= MET < by_attention,
        says=f"With the first token negated, what the MLP makes of the {tokens.shape[1] - 1} others moves by {numbers[0].text}, "
        f"and what attention makes of them by {numbers[1].text}.",
    )


@claim(
    said="The feed-forward part is a standard feed-forward network.",
    verdict="imprecise",
    instead="It is one network of two layers for each token by itself, the same at every place, with a skip and a norm.",
    sources=("vaswani2017",),
    identity=True,
)
def standard_network(given: Given, seed: int) -> Finding:
    """Put the first token at the last place, too: does the network tell the two apart? And how large would one for all be?"""
    given = given.exact()
    tokens = given.block(given.entering(given.x)).normed_mid
    twice = torch.cat([tokens, tokens[:, :1]], dim=1)
    added = given.block.feed_forward(twice).ff_out
    apart = largest(added[:, -1] - added[:, 0])
    n_tokens, width = tokens.shape[1:]
    shared = sum(each.numel() for each in given.block.feed_forward.parameters())
    hidden = given.block.feed_forward(tokens).ff_post.shape[-1]
    whole = 2 * (n_tokens * width) * (n_tokens * hidden) + n_tokens * (hidden + width)
    numbers = (
        Number("the same token at two places: outputs differ by", apart, ".1e"),
        Number("numbers learned, one network for each token", shared, ",d"),
        Number("one network over all tokens at once", whole, ",d"),
    )
    return Finding(
        numbers,
        # a product of matrices may sum a row in another order at another place
        holds=apart <= 1e-9 * (1 + largest(added)),
        says=f"The same token at two places gets outputs that differ by {numbers[0].text}; its {numbers[1].text} numbers serve "
        f"every place, where a network over all {n_tokens} tokens at once would have {numbers[2].text}.",
    )
