"""The block agrees with torch's own, and what leaves some of it out does what it says."""

import torch
from torch import nn

from core.trace import steps
from core.transformer.block import Block
from tests.core.shapes import normal

BATCH, TOKENS, WIDTH, HEADS, HIDDEN = 2, 7, 15, 3, 31


def theirs_with_the_weights_of(block: Block) -> nn.TransformerEncoderLayer:
    theirs = nn.TransformerEncoderLayer(
        WIDTH, HEADS, HIDDEN, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    theirs.self_attn.load_state_dict(block.attention.state_dict())
    theirs.linear1.load_state_dict(block.expand.state_dict())
    theirs.linear2.load_state_dict(block.contract.state_dict())
    theirs.norm1.load_state_dict(block.norm_attention.state_dict())
    theirs.norm2.load_state_dict(block.norm_mlp.state_dict())
    return theirs.train()  # in eval it takes another path


def seeded_block(**more) -> Block:
    torch.manual_seed(3)
    block = Block(WIDTH, HEADS, HIDDEN, **more)
    for index, parameter in enumerate(block.parameters()):
        with torch.no_grad():
            parameter += 0.2 * normal(*parameter.shape, seed=index)
    return block


def test_it_is_torchs_layer_that_normalises_first():
    block, x = seeded_block(), normal(BATCH, TOKENS, WIDTH, seed=9)
    torch.testing.assert_close(block(x).resid_post, theirs_with_the_weights_of(block)(x), atol=1e-5, rtol=1e-5)


def test_what_comes_in_goes_out_where_both_halves_deliver_nothing():
    block, x = seeded_block(), normal(BATCH, TOKENS, WIDTH, seed=9)
    with torch.no_grad():
        for layer in (block.attention.out_proj, block.contract):
            layer.weight.zero_()
            layer.bias.zero_()
    assert torch.equal(block(x).resid_post, x)


def test_its_steps_add_up():
    trace = seeded_block()(normal(BATCH, TOKENS, WIDTH, seed=9))
    by_name = {step.name: step.tensor for step in steps(trace)}
    torch.testing.assert_close(by_name["resid_pre"] + by_name["mixed"], by_name["resid_mid"])
    torch.testing.assert_close(by_name["weights"].sum(-1), torch.ones(BATCH, HEADS, TOKENS))


def test_in_training_halves_are_skipped_for_whole_examples_and_never_afterwards():
    block, x = seeded_block(drop_path_rate=0.5), normal(257, TOKENS, WIDTH, seed=9)
    torch.manual_seed(0)
    trained = block.train()(x)
    untouched = (trained.resid_mid == x).all(dim=(1, 2))
    assert 0.35 < untouched.float().mean() < 0.65
    settled = block.eval()(x)
    assert not (settled.resid_mid == x).all(dim=(1, 2)).any()
    # what stays is made larger, so that the mean is what it is afterwards
    stayed = trained.resid_mid[~untouched] - x[~untouched]
    torch.testing.assert_close(stayed, 2 * (settled.resid_mid - x)[~untouched], atol=1e-5, rtol=1e-5)


def test_a_mask_is_torchs_mask():
    """torch's says True = may not attend."""
    block, x = seeded_block(), normal(BATCH, TOKENS, WIDTH, seed=9)
    allowed = torch.ones(TOKENS, TOKENS, dtype=torch.bool).tril()
    expected = theirs_with_the_weights_of(block)(x, src_mask=~allowed)
    torch.testing.assert_close(block(x, allowed[None, None]).resid_post, expected, atol=1e-5, rtol=1e-5)
