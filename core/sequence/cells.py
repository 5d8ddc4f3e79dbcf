"""The recurrent cells, written out: plain, GRU and LSTM, with every gate of every step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.seeded import seeded
from core.trace import step

Cell = Literal["RNN", "GRU", "LSTM"]


@dataclass(frozen=True)
class RNNTrace:
    """A plain recurrent network on a sequence, in the order computed."""

    inputs: Float[Tensor, "batch tokens d_embedded"] = step("x_t", title="Inputs", source="elman1990")
    from_input: Float[Tensor, "batch tokens d_hidden"] = step(
        r"<inputs>\,W_x + b_x", title="What the input says", source="elman1990"
    )
    from_state: Float[Tensor, "batch tokens d_hidden"] = step(
        r"h_{t-1}W_h + b_h", title="What the state before says", source="elman1990"
    )
    states: Float[Tensor, "batch tokens d_hidden"] = step(
        r"\tanh(<from_input> + <from_state>)",
        title="States",
        source="elman1990",
        ours="tanh in place of the logistic function",
    )


@dataclass(frozen=True)
class GRUTrace:
    """A gated recurrent unit on a sequence, in the order computed. A bias of a gate is the sum of torch's two."""

    inputs: Float[Tensor, "batch tokens d_embedded"] = step("x_t", title="Inputs", source="cho2014")
    reset: Float[Tensor, "batch tokens d_hidden"] = step(
        r"\sigma(<inputs>\,W_r + h_{t-1}U_r + b_r)", title="Reset gate", source="cho2014"
    )
    update: Float[Tensor, "batch tokens d_hidden"] = step(
        r"\sigma(<inputs>\,W_u + h_{t-1}U_u + b_u)", title="Update gate", source="cho2014"
    )
    candidate: Float[Tensor, "batch tokens d_hidden"] = step(
        r"\tanh(<inputs>\,W_g + b_g + <reset>\odot(h_{t-1}U_g + b_h))",
        title="Candidate",
        source="cho2014",
        ours="like torch, the gate is applied to hU + c; in the paper it is applied to h, before U",
    )
    states: Float[Tensor, "batch tokens d_hidden"] = step(
        r"(1-<update>)\odot <candidate> + <update>\odot h_{t-1}", title="States", source="cho2014"
    )


@dataclass(frozen=True)
class LSTMTrace:
    """A long short-term memory on a sequence, in the order computed. A bias of a gate is the sum of torch's two."""

    inputs: Float[Tensor, "batch tokens d_embedded"] = step("x_t", title="Inputs", source="hochreiter1997")
    forget: Float[Tensor, "batch tokens d_hidden"] = step(
        r"\sigma(<inputs>\,W_f + h_{t-1}U_f + b_f)", title="Forget gate", source="gers2000"
    )
    input_gate: Float[Tensor, "batch tokens d_hidden"] = step(
        r"\sigma(<inputs>\,W_i + h_{t-1}U_i + b_i)", title="Input gate", source="hochreiter1997"
    )
    candidate: Float[Tensor, "batch tokens d_hidden"] = step(
        r"\tanh(<inputs>\,W_g + h_{t-1}U_g + b_g)", title="Candidate", source="hochreiter1997"
    )
    memory: Float[Tensor, "batch tokens d_hidden"] = step(
        r"<forget>\odot C_{t-1} + <input_gate>\odot <candidate>", title="Memory", source="gers2000", also="cell state"
    )
    output_gate: Float[Tensor, "batch tokens d_hidden"] = step(
        r"\sigma(<inputs>\,W_o + h_{t-1}U_o + b_o)", title="Output gate", source="hochreiter1997"
    )
    states: Float[Tensor, "batch tokens d_hidden"] = step(
        r"<output_gate>\odot\tanh(<memory>)", title="States", source="hochreiter1997"
    )


CellTrace = RNNTrace | GRUTrace | LSTMTrace


@dataclass(frozen=True)
class Maps:
    """The matrices of a cell, one for each of its gates side by side: x @ w_input + b + h @ w_state + b_state."""

    w_input: Float[Tensor, "d_embedded gates"]
    w_state: Float[Tensor, "d_hidden gates"]
    b_input: Float[Tensor, "gates"]
    b_state: Float[Tensor, "gates"]

    @classmethod
    def from_torch(cls, module: nn.RNNBase) -> "Maps":
        """Those of one layer of torch's own."""
        weights = module.state_dict()
        return cls(weights["weight_ih_l0"].T, weights["weight_hh_l0"].T, weights["bias_ih_l0"], weights["bias_hh_l0"])


def rnn(inputs: Float[Tensor, "batch tokens d_embedded"], maps: Maps) -> RNNTrace:
    """Read a sequence: each state is made from the input and the state before. Elman's network."""
    from_input = inputs @ maps.w_input + maps.b_input
    state = from_input.new_zeros(len(inputs), maps.w_state.shape[0])
    steps = []
    for now in from_input.unbind(1):
        from_state = state @ maps.w_state + maps.b_state
        state = torch.tanh(now + from_state)
        steps.append((from_state, state))
    return RNNTrace(inputs, from_input, *_stacked(steps))


def gru(inputs: Float[Tensor, "batch tokens d_embedded"], maps: Maps) -> GRUTrace:
    """Read a sequence with a reset gate and an update gate. Source: Cho et al. 2014, as torch writes it."""
    from_input = inputs @ maps.w_input + maps.b_input
    state = from_input.new_zeros(len(inputs), maps.w_state.shape[0])
    steps = []
    for now in from_input.unbind(1):
        reset_in, update_in, candidate_in = now.chunk(3, dim=-1)
        reset_state, update_state, candidate_state = (state @ maps.w_state + maps.b_state).chunk(3, dim=-1)
        reset = torch.sigmoid(reset_in + reset_state)
        update = torch.sigmoid(update_in + update_state)
        candidate = torch.tanh(candidate_in + reset * candidate_state)
        state = (1 - update) * candidate + update * state
        steps.append((reset, update, candidate, state))
    return GRUTrace(inputs, *_stacked(steps))


def lstm(inputs: Float[Tensor, "batch tokens d_embedded"], maps: Maps) -> LSTMTrace:
    """Read a sequence with a memory and three gates. Source: Hochreiter, Schmidhuber 1997, and Gers et al. 2000."""
    from_input = inputs @ maps.w_input + maps.b_input
    state = memory = from_input.new_zeros(len(inputs), maps.w_state.shape[0])
    steps = []
    for now in from_input.unbind(1):
        input_gate, forget, candidate, output_gate = (now + state @ maps.w_state + maps.b_state).chunk(4, dim=-1)
        forget, input_gate, output_gate = torch.sigmoid(forget), torch.sigmoid(input_gate), torch.sigmoid(output_gate)
        candidate = torch.tanh(candidate)
        memory = forget * memory + input_gate * candidate
        state = output_gate * torch.tanh(memory)
        steps.append((forget, input_gate, candidate, memory, output_gate, state))
    return LSTMTrace(inputs, *_stacked(steps))


def _stacked(steps: list[tuple[Tensor, ...]]) -> list[Tensor]:
    """The tensors of all steps, (batch, tokens, d_hidden) each."""
    return [torch.stack(each, dim=1) for each in zip(*steps, strict=True)]


READ: Final[dict[str, Callable[[Tensor, Maps], CellTrace]]] = {"RNN": rnn, "GRU": gru, "LSTM": lstm}
_TORCH: Final = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}


def untrained(cell: Cell, d_input: int, d_hidden: int, seed: int, forget_bias: float = 0.0) -> Maps:
    """The maps that torch starts with, from a seed.

    forget_bias   added to the LSTM's forget gate, so that it starts more open.
    """
    with seeded(seed):
        maps = Maps.from_torch(_TORCH[cell](d_input, d_hidden))
    if cell == "LSTM":
        # torch keeps the gates in the order input, forget, candidate, output
        shift = torch.zeros(4, d_hidden)
        shift[1] = forget_bias
        return Maps(maps.w_input, maps.w_state, maps.b_input + shift.flatten(), maps.b_state)
    return maps


def influence(cell: Cell, inputs: Float[Tensor, "1 tokens d_embedded"], maps: Maps) -> Float[Tensor, "tokens"]:
    """How far a change of each input would move the last state: the size (Frobenius norm) of its Jacobian."""
    with torch.inference_mode(False):
        own = Maps(*(weight.clone() for weight in vars(maps).values()))
        jacobian = torch.autograd.functional.jacobian(lambda x: READ[cell](x, own).states[0, -1], inputs.clone())
    return jacobian[:, 0].norm(dim=(0, 2))
