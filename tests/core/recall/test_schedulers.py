"""When a card is due: Logseq's numbers, FSRS's, and what a clock, a file and another tab may do to them."""

from datetime import UTC, datetime

import pytest
from fsrs import Card as fsrs_card
from fsrs import Rating, Scheduler
from hypothesis import given
from hypothesis import strategies as st

from core.recall import fsrs, logseq
from core.recall.cards import Card, Chosen, course
from core.recall.desk import Desk
from core.recall.schedulers import DAY, SCHEDULERS, Review, Scheduled, answered, begun, replayed

NOW = 1_700_000_000
scores = st.lists(st.integers(0, 5), max_size=40)


def after(*scores: int) -> logseq.State:
    state = logseq.new()
    for score in scores:
        state = logseq.review(state, score)
    return state


@pytest.mark.parametrize(
    ("scores", "state"),
    [
        ([], (0, 0, 2.5)),
        ([5], (4, 1, 2.6)),
        ([1, 5], (4, 2, 2.6)),
        ([1, 1, 5], (4, 2, 2.6)),
        ([3, 5], (4, 2, 2.46)),
        ([3, 5, 5], (10.24, 3, 2.56)),
        ([5, 5, 5], (11.2, 3, 2.8)),
        ([5, 1], (-1, 1, 2.6)),
    ],
)
def test_logseq_gives_the_numbers_of_the_notes(scores, state):
    found = after(*scores)
    assert (found.interval, found.repeats, found.ease) == state


@given(scores)
def test_ease_never_falls_below_1_3_and_no_interval_is_longer_than_a_century(scores):
    found = after(*scores)
    assert found.ease >= 1.3
    assert found.interval <= logseq.LONGEST


def test_a_card_that_is_always_hard_ends_at_the_least_ease():
    assert after(*[3] * 20).ease == 1.3


@given(scores, st.integers(0, 2))
def test_a_score_below_3_keeps_the_ease_and_makes_the_card_due_again_at_once(scores, missed):
    before = after(*scores)
    assert logseq.review(before, missed).ease == before.ease
    standing = replayed(SCHEDULERS["Logseq"], None, [Review(score, NOW) for score in [*scores, missed]])
    assert standing.due == NOW


@pytest.mark.parametrize("score", [-1, 6])
def test_a_score_that_is_none_is_refused(score):
    with pytest.raises(ValueError, match="0 to 5"):
        logseq.review(logseq.new(), score)
    with pytest.raises(ValueError, match="0 to 5"):
        fsrs.review(fsrs.new(), score, NOW)


def test_fsrs_waits_longer_the_better_a_card_is_known_and_gives_the_same_days_again():
    def days(score: int) -> float:
        reviews = [Review(5, NOW), Review(5, NOW + DAY), Review(score, NOW + 5 * DAY)]
        return replayed(SCHEDULERS["FSRS"], None, reviews).days

    assert days(1) < 1 < days(3) < days(5)
    assert days(5) == days(5)


@pytest.mark.parametrize("name", ["Logseq", "FSRS"])
def test_a_clock_that_goes_backwards_stands_still(name):
    scheduler = SCHEDULERS[name]
    first = answered(scheduler, begun(scheduler, None), Review(5, NOW))
    second = answered(scheduler, first, Review(5, NOW - 300 * DAY))
    assert second.last == Review(5, NOW)
    assert second.due >= NOW


@pytest.mark.parametrize("name", ["Logseq", "FSRS"])
def test_an_answer_that_a_file_knows_already_is_counted_once(name):
    known = Scheduled(logseq.State(4.0, 1, 2.6), Review(5, NOW), NOW + 4 * DAY)
    reviews = [Review(5, NOW), Review(5, NOW + 4 * DAY)]
    assert replayed(SCHEDULERS[name], known, reviews) == replayed(SCHEDULERS[name], known, reviews[1:])


CARDS = [Card(name, f"{name}?", "yes") for name in "abcd"]


@pytest.mark.parametrize("name", ["Logseq", "FSRS"])
def test_an_answer_that_is_taken_back_was_never_given(name):
    desk = Desk(CARDS, {"a": [Review(5, NOW)]}, name)
    before = dict(desk.standings)
    desk.answer("a", Review(3, NOW + DAY))
    assert desk.standings != before
    desk.take_back("a")
    assert desk.standings == before


def test_what_is_due_comes_first_then_new_cards_then_what_was_forgotten():
    desk = Desk(CARDS, {"a": [Review(1, NOW)], "b": [Review(5, NOW - 9 * DAY)]}, "Logseq")
    order = []
    for at in range(NOW, NOW + 4):
        queue = desk.queue(at, 4)
        order.append((queue.card.name, desk.why(queue.card.name)))
        desk.answer(queue.card.name, Review(5, at))
    assert order == [("b", "due"), ("c", "new"), ("d", "new"), ("a", "learning")]
    assert desk.queue(NOW + 4, 4).card is None
    assert desk.queue(NOW + 4, 4).next_at == NOW + 4 * DAY


def test_no_more_new_cards_come_than_a_day_has_and_those_of_today_are_counted():
    answers = {"a": [Review(5, NOW - DAY)], "b": [Review(5, NOW)], "c": [Review(5, NOW + 2 * DAY)]}
    desk = Desk(CARDS, answers, "Logseq")
    assert desk.begun(NOW - 60) == 1
    assert desk.queue(NOW, 1).new == 1
    assert desk.queue(NOW, 0).card is None


def test_a_deck_can_be_reviewed_alone():
    desk = Desk([*CARDS, Card("x", "x?", "no", "another")], {}, "Logseq")
    assert desk.queue(NOW, 9, Chosen("another")).card.name == "x"
    assert desk.queue(NOW, 9, Chosen("another")).new == 1


def test_of_a_lesson_only_its_cards_are_asked():
    desk = Desk([Card("own", "A?", "B"), *course()], {}, "Logseq")
    asked = []
    while (queue := desk.queue(NOW, 99, Chosen(lesson="masks"))).card:
        asked.append(queue.card)
        desk.answer(queue.card.name, Review(5, NOW))
    assert asked == [card for card in course() if card.lesson == "masks"]


def test_forecast_and_history_count_days_from_midnight():
    midnight = NOW // DAY * DAY
    desk = Desk(CARDS, {"a": [Review(5, midnight - 1)], "b": [Review(5, midnight - 9 * DAY)]}, "Logseq")
    assert desk.forecast(midnight, 5) == [1, 0, 0, 1, 0]
    assert desk.history(midnight, 3) == {"forgotten": [0, 0, 0], "hard": [0, 0, 0], "remembered": [0, 1, 0]}


def test_the_forecast_of_fsrs_is_what_its_own_package_says():
    package, card, at = Scheduler(enable_fuzzing=False), fsrs_card(), 100 * DAY
    reviews = []
    for score, rating in ((5, Rating.Good), (5, Rating.Good), (3, Rating.Hard), (5, Rating.Good)):
        reviews.append(Review(score, at))
        card, _ = package.review_card(card, rating, datetime.fromtimestamp(at, UTC))
        at = int(card.due.timestamp())
    midnight = reviews[-1].at // DAY * DAY
    days = (at - midnight) // DAY
    assert days > 1
    found = Desk([Card("one", "?", "!")], {"one": reviews}, "FSRS").forecast(midnight, days + 1)
    assert found == [0] * days + [1]
