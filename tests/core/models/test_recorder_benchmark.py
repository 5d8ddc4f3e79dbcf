"""The benchmark of the recorder measures what it says; how long anything took is not asserted."""

import torch

from core.models.device import available
from tests.benchmarks import recorder


def test_every_length_is_measured_on_every_device(monkeypatch):
    monkeypatch.setattr(recorder, "LENGTHS", {"cpu": (5, 517), "cuda": (5, 517)})
    rows = recorder.measure(rounds=1)
    assert [row.n_tokens for row in rows] == [5, 517] * len(available())
    assert all(row.library > 0 and row.recorded > 0 for row in rows)


def test_a_ratio_above_one_means_that_recording_costs_more():
    assert recorder.Row("cpu", 5, library=2.0, recorded=3.0).ratio == 1.5


def test_beyond_the_positions_of_the_offline_model_the_sizes_stay():
    real, long = recorder._model("eager", 512), recorder._model("eager", 517)
    assert long.config.max_position_embeddings == 517
    assert len(long.encoder.layer) == len(real.encoder.layer)
    assert long.encoder.layer[0].attention.self.query.weight.shape == torch.Size([384, 384])
