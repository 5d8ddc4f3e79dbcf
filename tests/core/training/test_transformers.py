"""The Transformer that translates is trained by the command as a user runs it, and its weights are a running mean."""

import json
import random
from functools import partial

import pytest
import torch
from torch import nn

from core.models import checkpoints
from core.training import __main__ as command
from core.training import grammar, progress, transformers
from core.training.averaging import Averaged
from core.training.loop import Schedule, Training

SMALL = partial(transformers.EncoderDecoderConfig, d_model=16, n_heads=4, n_encoder=1, n_decoder=2, d_ff=16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("transformer")
    rng = random.Random(0)
    pairs = [grammar.draw(rng) for _ in range(300)]
    data = place / "pairs.tsv"
    data.write_text("\n".join(f"{' '.join(pair.source)}\t{' '.join(pair.target)}" for pair in pairs), "utf-8")
    (place / "dev.e").write_text("the red car sees a dog\n", "utf-8")
    (place / "dev.f").write_text("la voiture rouge voit un chien\n", "utf-8")
    (place / "dev.wa.nonullalign").write_text("1 2 3 S\n1 3 2 S\n1 4 4 P\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "WORK", place / "work")
        patch.setattr(transformers, "EncoderDecoderConfig", SMALL)
        asked = ["--data", str(data), "--alignments", str(place), "--out", str(place)]
        command.main(["translator-transformer", *asked, "--epochs", "1", "--device", "cpu"])
    return place / "translator-transformer"


def test_it_writes_a_folder_that_opens_figures_and_a_card(folder):
    translator = checkpoints.read_folder(folder, torch.device("cpu"))
    assert translator.model.config.d_model == 16
    figures = json.loads((folder / checkpoints.FIGURES).read_text("utf-8"))
    assert figures["quality"]["sentences"] > 0
    assert [len(heads) for heads in figures["errors of heads"]["NAACL 2003"]] == [4, 4]
    card = (folder / "README.md").read_text("utf-8")
    assert "layer 1, head 0 (guided)" in card
    assert f"| the diagonal | – | {figures['alignment']['NAACL 2003']['error of the diagonal']} |" in card


def test_the_mean_follows_the_weights_settles_and_is_resumed(tmp_path):
    model = nn.Linear(3, 1)
    both = Averaged(model, 0.5)
    training = Training(both, Schedule(20, 0.1))
    seen = []

    def loss(batch: torch.Tensor) -> torch.Tensor:
        both.follow()
        seen.append(model.weight.detach().clone())
        return model(batch).square().mean()

    list(training.run([torch.ones(2, 3)] * 6, loss))
    mean = both.mean("weight").clone()
    assert min(map(torch.min, seen)) <= mean.min() <= max(map(torch.max, seen))
    assert not torch.equal(mean, model.weight)
    training.save(tmp_path / "state.safetensors")
    other = Averaged(nn.Linear(3, 1), 0.5)
    again = Training(other, Schedule(20, 0.1))
    again.resume(tmp_path / "state.safetensors")
    assert torch.equal(other.mean("weight"), mean)
    both.settle()
    assert torch.equal(model.weight, mean)
