"""What the fields of a card say of its next review."""

from typing import Final

from core.experiments.claim import Finding, Number, claim
from core.recall import logseq

# answers that lead to what the cards of the notes hold: interval in days, repeats, ease
HISTORIES: Final = {(5,): (4.0, 1, 2.6), (1, 5): (4.0, 2, 2.6), (3, 5): (4.0, 2, 2.46)}


@claim(
    said="The fields of a card, its interval, repeats and ease, say when it is asked next.",
    verdict="right",
    instead="With the last answer they are all that Logseq's rule needs: two waits of 4 days, then each longer by the ease.",
    sources=("logseq2023",),
    identity=True,
)
def next_review(seed: int) -> Finding:
    """Replay answers from a new card on, against what the cards of the notes hold; and one that was known three times."""
    found = [_after(*answers) for answers in HISTORIES]
    agree = sum(tuple(state) == held for state, held in zip(found, HISTORIES.values(), strict=True))
    known = _after(5, 5, 5)
    numbers = (
        Number("kinds of cards in the notes", len(HISTORIES), "d"),
        Number("reproduced to the last digit", agree, "d"),
        Number("days after three answers that were right", known.interval, ".1f"),
    )
    return Finding(
        numbers,
        holds=agree == len(HISTORIES) and known.interval > found[0].interval,
        says=f"Of {len(HISTORIES)} kinds of cards the rule gives {agree} to the last digit; after 5, 5 and 5 a card waits "
        f"{numbers[2].text} days.",
    )


def _after(*answers: int) -> logseq.State:
    state = logseq.new()
    for score in answers:
        state = logseq.review(state, score)
    return state
