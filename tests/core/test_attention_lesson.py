"""Lesson 4: points under kernel regression, against numpy; and the cross-attention of a translator, against torch."""

import numpy as np
import pytest
import torch

from core.attention import DISTANCE, SCALED_DOT, attend
from core.lessons import attention, looking_back
from core.lessons.attention import points
from core.lessons.attention.points import Points
from core.trace import steps
from tests.core.latex import evaluate
from tests.core.shapes import normal

PLACES = ((-2.5, 1.0), (-1.0, -2.0), (0.5, 0.5), (1.0, 2.0), (2.5, -1.0))


@pytest.mark.parametrize("temperature", [0.1, 1.0, 4.0])
def test_the_curve_is_that_of_nadaraya_and_watson_with_the_root_of_the_temperature_as_bandwidth(temperature):
    result = points.run(Points(PLACES, 0.7), temperature)
    x, y = np.array(PLACES).T
    bandwidth = temperature**0.5
    assert result.bandwidth == bandwidth
    for query, predicted in [*result.curve.tolist(), *result.asked.tolist()]:
        kernel = np.exp(-(((query - x) / bandwidth) ** 2) / 2)
        assert predicted == pytest.approx((kernel * y).sum() / kernel.sum(), abs=1e-5)


def test_near_0_the_nearest_point_alone_counts_and_without_end_all_alike():
    cold, hot = (points.run(Points(PLACES, 0.7), temperature) for temperature in (1e-3, 1e6))
    assert cold.nearest == pytest.approx((1.0, 0.5))
    assert cold.predicted == pytest.approx(0.5)
    assert hot.predicted == pytest.approx(hot.mean) == np.mean(PLACES, axis=0)[1]


def test_two_points_equally_near_share_alike():
    assert points.run(Points(((-1.0, 1.0), (1.0, 3.0), (3.0, 9.0)), 0.0), 1e-3).nearest == pytest.approx((1.0, 2.0))


def test_by_distance_is_by_dot_product_where_keys_have_one_length_and_nowhere_else():
    queries, keys, values = (normal(1, 1, 5, 3, seed=seed) for seed in (1, 2, 3))
    level = keys / keys.norm(dim=-1, keepdim=True)
    how = {"scale": 3**-0.5}
    for rows, same in ((level, True), (keys, False)):
        near, dot = (attend(queries, rows, values, score=score, **how).weights for score in (DISTANCE, SCALED_DOT))
        assert torch.allclose(near, dot, atol=1e-6) == same


def test_the_formulas_of_the_points_give_their_numbers():
    result = points.run(Points(PLACES, 0.7), 2.0)
    made = points.told(result)
    names = {f"<{each.name}>": each.tensor[0, 0] for each in made} | {"softmax": lambda scores: scores.softmax(-1)}
    names |= {"q": torch.tensor([[0.7]]), "k": result.points[:, 0], "v": result.points[:, 1:], "T": 2.0}
    for each in steps(result.trace):
        found = evaluate(points.FORMULAS.get(each.name, each.formula), names)
        torch.testing.assert_close(found, each.tensor[0, 0])


@pytest.mark.parametrize("score", looking_back.MODELS)
@torch.inference_mode()
def test_lesson_4_shows_the_cross_attention_with_which_a_translator_wrote(score):
    """Worked out with torch alone, from the vectors that it shows and the weights of the file."""
    text = "I saw a white cat and a black dog in the garden."
    translator = looking_back.model(score)
    made, given = translator.translate(text), attention.translated(text, score)
    result = attention.run(given.operands, attention.Settings(score))
    model, trace = translator.model, result.trace
    queries = torch.nn.functional.linear(trace.x_queries[0], model.w_query.weight, model.w_query.bias)
    keys = torch.nn.functional.linear(trace.x_keys[0], model.w_key.weight)
    energies = (
        torch.tanh(queries[:, None] + keys) @ model.v
        if score == "additive"
        else queries @ keys.T / keys.shape[1] ** 0.5
    )
    torch.testing.assert_close(trace.attention.weights[0, 0], energies.softmax(-1), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(trace.attention.weights[0, 0], made.weights, atol=1e-5, rtol=0)
    torch.testing.assert_close(trace.attention.output[0], made.trace.contexts, atol=1e-5, rtol=0)
    assert result.strongest > len(given.asking) / 2  # who asks decides
