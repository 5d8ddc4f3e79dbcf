"""The cells written out are torch's own, gates and all."""

import pytest
import torch
from torch import nn

from core.sequence import cells
from core.sequence.cells import Maps
from tests.core.shapes import normal

TOKENS, D_INPUT, D_HIDDEN = 7, 5, 11
TORCH = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}


@pytest.mark.parametrize("cell", TORCH)
def test_states_are_those_of_torch(cell):
    torch.manual_seed(0)
    module = TORCH[cell](D_INPUT, D_HIDDEN, batch_first=True)
    inputs = normal(3, TOKENS, D_INPUT, seed=1)
    with torch.no_grad():
        expected = module(inputs)[0]
    torch.testing.assert_close(cells.READ[cell](inputs, Maps.from_torch(module)).states, expected)


@pytest.mark.parametrize("cell", ["GRU", "LSTM"])
def test_gates_are_shares(cell):
    trace = cells.READ[cell](normal(2, TOKENS, D_INPUT, seed=1), cells.untrained(cell, D_INPUT, D_HIDDEN, 0))
    for name in ("reset", "update", "forget", "input_gate", "output_gate"):
        gate = getattr(trace, name, torch.full((1,), 0.5))
        assert ((gate > 0) & (gate < 1)).all()


def test_a_closed_update_gate_keeps_the_candidate_and_an_open_one_the_state():
    trace = cells.gru(normal(1, TOKENS, D_INPUT, seed=1), cells.untrained("GRU", D_INPUT, D_HIDDEN, 0))
    before = torch.cat([torch.zeros(1, 1, D_HIDDEN), trace.states[:, :-1]], dim=1)
    torch.testing.assert_close(trace.states, (1 - trace.update) * trace.candidate + trace.update * before)


def test_a_forget_bias_opens_the_forget_gate_alone():
    inputs = normal(1, TOKENS, D_INPUT, seed=1)
    plain, opened = (cells.lstm(inputs, cells.untrained("LSTM", D_INPUT, D_HIDDEN, 0, bias)) for bias in (0.0, 2.0))
    assert (opened.forget[:, 0] > plain.forget[:, 0]).all()
    torch.testing.assert_close(opened.input_gate[:, 0], plain.input_gate[:, 0])


@pytest.mark.parametrize("cell", TORCH)
def test_influence_is_the_size_of_the_jacobian_of_the_last_state(cell):
    """Against finite differences, one input at a time."""
    inputs = normal(1, 4, D_INPUT, seed=1, dtype=torch.float64)
    maps = Maps(*(weight.double() for weight in vars(cells.untrained(cell, D_INPUT, D_HIDDEN, 0)).values()))
    found = cells.influence(cell, inputs, maps)
    for token in range(4):
        slopes = []
        for number in range(D_INPUT):
            nudge = torch.zeros_like(inputs)
            nudge[0, token, number] = 1e-6
            up, down = (cells.READ[cell](inputs + sign * nudge, maps).states[0, -1] for sign in (1, -1))
            slopes.append((up - down) / 2e-6)
        torch.testing.assert_close(found[token], torch.stack(slopes).norm(), atol=1e-5, rtol=1e-4)


def test_influence_is_not_lost_where_its_parts_cancel():
    maps = Maps(torch.tensor([[1.0, -1.0], [0.2, -0.2]]), 0.5 * torch.eye(2), torch.zeros(2), torch.zeros(2))
    assert (cells.influence("RNN", normal(1, 3, 2, seed=1), maps) > 0.01).all()
