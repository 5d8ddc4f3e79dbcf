"""The Vision Transformer agrees with the library's, and knows of order only what positions tell."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import ViTConfig as TheirConfig
from transformers import ViTForImageClassification

from core.trace import steps
from core.vision.patches import cut_into_patches, joined
from core.vision.vit import VisionTransformer, ViTConfig
from tests.core.shapes import normal

CLASSES = ("a", "b", "c", "d", "e")
SIDE, PATCH, WIDTH, HEADS, LAYERS = 12, 4, 15, 3, 2
PATCHES = (SIDE // PATCH) ** 2


def model(pooling: str = "class") -> VisionTransformer:
    torch.manual_seed(5)
    made = VisionTransformer(ViTConfig(CLASSES, pooling, SIDE, PATCH, WIDTH, HEADS, LAYERS)).eval()
    for index, parameter in enumerate(made.parameters()):
        with torch.no_grad():
            parameter += 0.2 * normal(*parameter.shape, seed=index)
    return made


def theirs(ours: VisionTransformer) -> ViTForImageClassification:
    """The library's model with the same weights."""
    config = TheirConfig(
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        image_size=SIDE,
        patch_size=PATCH,
        num_labels=len(CLASSES),
        layer_norm_eps=1e-5,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )
    other = ViTForImageClassification(config).eval()
    with torch.no_grad():
        there = dict(other.named_parameters())

        def put(ending: str, value: torch.Tensor) -> None:
            (name,) = [each for each in there if each.endswith(ending)]
            there[name].copy_(value.reshape(there[name].shape))

        put("embeddings.cls_token", ours.class_token)
        put("embeddings.position_embeddings", ours.positions)
        put("patch_embeddings.projection.weight", ours.embed.weight)
        put("patch_embeddings.projection.bias", ours.embed.bias)
        put("vit.layernorm.weight", ours.norm.weight)
        put("vit.layernorm.bias", ours.norm.bias)
        put("classifier.weight", ours.head.weight)
        put("classifier.bias", ours.head.bias)
        for number, block in enumerate(ours.blocks):
            layers = [name for name in there if f".{number}." in name]
            for kind in ("weight", "bias"):
                query, key, value = getattr(block.attention, f"in_proj_{kind}").chunk(3)
                values = {
                    ("query", "q_proj"): query,
                    ("key", "k_proj"): key,
                    ("value", "v_proj"): value,
                    ("attention.output.dense", "o_proj"): getattr(block.attention.out_proj, kind),
                    ("intermediate.dense", "fc1"): getattr(block.feed_forward.expand, kind),
                    ("output.dense", "fc2"): getattr(block.feed_forward.contract, kind),
                    ("layernorm_before",): getattr(block.norm_attention, kind),
                    ("layernorm_after",): getattr(block.norm_mlp, kind),
                }
                for endings, tensor in values.items():
                    found = [name for name in layers if any(name.endswith(f"{end}.{kind}") for end in endings)]
                    if endings[0] == "output.dense":
                        found = [name for name in found if "attention" not in name]
                    (name,) = found
                    there[name].copy_(tensor)
    return other


def test_it_is_the_librarys_vision_transformer():
    ours, images = model(), normal(2, 3, SIDE, SIDE, seed=1)
    expected = theirs(ours)(pixel_values=images, output_attentions=True)
    trace = ours(images)
    torch.testing.assert_close(trace.logits, expected.logits, atol=1e-4, rtol=1e-4)
    for block, weights in zip(trace.blocks, expected.attentions, strict=True):
        torch.testing.assert_close(block.attention.attention.weights, weights, atol=1e-5, rtol=1e-4)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), pooling=st.sampled_from(["class", "mean"]))
def test_without_positions_the_order_of_the_patches_cannot_matter(seed, pooling):
    images = normal(1, 3, SIDE, SIDE, seed=2)
    patches = cut_into_patches(images, PATCH)
    order = torch.randperm(PATCHES, generator=torch.Generator().manual_seed(seed))
    mixed = joined(patches[:, order], PATCH, SIDE // PATCH)
    made = model(pooling)
    torch.testing.assert_close(made(mixed, positions=False).logits, made(images, positions=False).logits)
    if not torch.equal(order, torch.arange(PATCHES)):
        assert (made(mixed).logits - made(images).logits).abs().max() > 1e-3


@pytest.mark.parametrize("pooling", ["class", "mean"])
def test_patches_that_are_not_kept_are_as_if_they_were_not_there(pooling):
    made, images = model(pooling), normal(2, 3, SIDE, SIDE, seed=3)
    everything = torch.arange(PATCHES).expand(2, -1)
    torch.testing.assert_close(made(images, everything).logits, made(images).logits)
    kept = torch.tensor([[0, 4, 7], [8, 2, 1]])
    other = images.clone()
    blank = cut_into_patches(other, PATCH)
    for row, places in enumerate(kept):
        hidden = [place for place in range(PATCHES) if place not in places.tolist()]
        blank[row, hidden] = 9.0
    torch.testing.assert_close(made(joined(blank, PATCH, SIDE // PATCH), kept).logits, made(images, kept).logits)


def test_what_is_answered_from_is_the_class_token_or_the_mean():
    images = normal(1, 3, SIDE, SIDE, seed=4)
    for pooling, extra in (("class", 1), ("mean", 0)):
        made = model(pooling)
        trace = made(images)
        assert trace.tokens.shape == (1, PATCHES + extra, WIDTH)
        normed = made.norm(trace.blocks[-1].resid_post)
        expected = normed[:, 0] if extra else normed.mean(1)
        torch.testing.assert_close(trace.pooled, expected)
        assert [step.name for step in steps(trace)] == [
            "pixels",
            "patches",
            "patch_embeddings",
            "tokens",
            "pooled",
            "logits",
        ]
