"""What lesson 13 trains in its page: stacks that copy, and a router with its experts."""

from dataclasses import replace

import pytest
import torch

from core.training import copying
from core.training.copying import Copying, Race, Settings
from core.training.routing import KINDS, Routed, Routing
from core.training.routing import Settings as RoutingSettings
from core.transformer.design import NOW, THEN


def test_the_same_settings_give_the_same_numbers_again_and_another_seed_others():
    one, again, other = (Copying(Settings(NOW, 2, seed=seed), 3) for seed in (0, 0, 1))
    for training in (one, again, other):
        while training.advance():
            pass
    assert one.stands() is not again.stands()
    assert one.stands().losses == again.stands().losses != other.stands().losses
    assert one.stands().gradients == again.stands().gradients
    assert len(one.stands().now) == 2


def test_two_stacks_that_learn_in_turn_end_where_each_ends_alone():
    both = (Settings(THEN, 2), Settings(NOW, 2))
    race = Race(both, 3)
    while race.advance():
        pass
    then, now = race.stands()
    assert race.finished
    alone = Copying(both[0], 3)
    while alone.advance():
        pass
    assert then.losses == alone.stands().losses
    assert len(now.losses) == 3


def test_a_training_that_diverges_stops_and_the_other_one_goes_on():
    wild, tame = Settings(THEN, 2, rate=1.0), Settings(THEN, 2)
    race = Race((wild, tame), 8)
    while race.advance():
        pass
    one, other = race.stands()
    assert one.diverged
    assert len(one.losses) < 8 == len(other.losses)
    assert not other.diverged


def test_a_warm_up_raises_the_rate_in_a_line():
    training = Copying(Settings(THEN, 2, rate=0.01, warmup=4), 6)
    rates = []
    while training.advance():
        rates.append(training._optimiser.param_groups[0]["lr"])
    assert rates == pytest.approx([0.0025, 0.005, 0.0075, 0.01, 0.01, 0.01])


@pytest.mark.parametrize("places", ["sinusoids", "learned", "RoPE", "ALiBi"])
def test_no_letter_is_written_by_what_stands_behind_it(places):
    model = copying.CopyModel(replace(NOW, places=places), 2)
    rows = torch.randint(copying.LETTERS, (1, 2 * copying.COPIED))
    changed = rows.clone()
    changed[0, -1] = (rows[0, -1] + 1) % copying.LETTERS
    before, after = (model(each)[0] for each in (rows, changed))
    torch.testing.assert_close(before[:, :-1], after[:, :-1])
    assert not torch.allclose(before[:, -1], after[:, -1])


def test_every_token_goes_to_as_many_experts_as_it_asks():
    found = Routing(RoutingSettings(5, 2, seed=1)).measure()
    assert found.kept > found.used
    assert found.flow.shape == (KINDS, 5)
    torch.testing.assert_close(found.flow.sum(1), torch.ones(KINDS))
    assert found.load.sum().item() == pytest.approx(1)


@pytest.mark.parametrize(
    ("load", "says"),
    [
        ([0.5, 0.3, 0.2], "None of 3 experts is dead: each gets at least 0.1% of all choices."),
        ([0.9995, 0.0005, 0.0], "2 of 3 experts are dead: each gets less than 0.1% of all choices, so they learn"),
        (
            [0.6, 0.4, 0.0],
            "1 of 3 experts is dead: it gets less than 0.1% of all choices, so it learns next to nothing.",
        ),
    ],
)
def test_dead_experts_are_told_by_their_number_and_what_little_they_get(load, says):
    assert Routed(torch.eye(3), torch.tensor(load), 0.1, (0.1,), 9, 3).says.startswith(says)


def test_more_experts_cannot_be_asked_than_there_are():
    with pytest.raises(ValueError, match="3 of 2 experts cannot be asked: choose 1 to 2"):
        Routing(RoutingSettings(2, 3))
