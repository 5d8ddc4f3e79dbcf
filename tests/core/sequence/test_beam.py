"""A beam, and the lines that it chooses from at its end."""

from core.lessons import looking_back
from core.lessons.looking_back import Settings
from core.models import checkpoints
from core.sequence.decoding import Interventions

TRANSLATOR = "translator-attention"
SENTENCE = "My brother wants a red car and my sister wants a white cat."


def test_of_the_lines_at_the_end_of_a_beam_the_one_with_the_highest_mean_won():
    made = checkpoints.load(TRANSLATOR).translate(SENTENCE, beam=3)
    means = looking_back.means(made.tree)
    best = made.tree.nodes[made.tree.best]
    assert means[0] == best.score / (best.step + 1)
    assert 1 < len(means) == len({node for node in made.tree.nodes if node.kept and node.id == best.id})


def test_where_the_limit_comes_first_a_beam_chooses_from_all_lines_that_it_still_followed():
    translator = checkpoints.load(TRANSLATOR)
    never = tuple((step, translator.vocabulary.read("chat").ids[0]) for step in range(1, 200))
    made = translator.translate("The cat sleeps.", beam=3, interventions=Interventions(never))
    assert not any(node.id == translator.vocabulary.end and node.kept for node in made.tree.nodes)
    assert len(looking_back.means(made.tree)) == 3


def test_what_a_beam_kept_it_followed_or_it_ended_a_line():
    for width in (2, 3, 5):
        tree = checkpoints.load(TRANSLATOR).translate(SENTENCE, beam=width).tree
        followed = {node.parent for node in tree.nodes}
        kept = {place for place, node in enumerate(tree.nodes) if node.kept}
        assert kept == (followed - {None}) | set(tree.ended)


def test_only_words_are_turned_around():
    def turned(text: str) -> tuple[str, str] | None:
        return looking_back.run(Settings(text)).turned

    assert turned(SENTENCE) == ("voiture", "rouge")
    assert turned("My brother wants a cat.") is None
    for text in ("Do you want to dance with me?", "She never drinks cold milk."):
        pair = turned(text)
        assert pair is None or all(any(map(str.isalpha, word)) and not word.startswith("##") for word in pair)
