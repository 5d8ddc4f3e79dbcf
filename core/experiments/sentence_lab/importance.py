"""Whether attention says which words matter: against what happens to the sentence's vector when a word is taken out."""

from functools import lru_cache
from statistics import fmean

from core.experiments.claim import Finding, Number, claim
from core.models import loading, offline
from core.models.reading import tokenize
from core.models.word_importance import WordImportance, why_not, word_importance
from core.numerals import how_many

Sentences = tuple[str, ...]
SENTENCES: Sentences = (
    "The animal did not cross the street because it was too tired",
    "She poured water from the jug into the cup until it was full",
    "The old man walked slowly along the empty beach",
    "Scientists discovered a new planet outside our solar system",
    "My sister baked a chocolate cake for the party yesterday",
    "The company will release its quarterly results on Friday",
    "Heavy rain flooded several villages in the north of the country",
    "He forgot his umbrella and got completely wet on the way home",
    "The students asked their teacher many difficult questions about history",
    "A small black cat jumped over the garden wall",
)


@lru_cache(maxsize=len(SENTENCES))
def _ours(place: int) -> WordImportance | None:
    """One of our own sentences."""
    return _measured(SENTENCES[place])


def _measured(sentence: str) -> WordImportance | None:
    """The words of a sentence, as the offline model has them; None where they cannot be put into an order."""
    loaded = loading.load(offline.NAME)
    try:
        tokens = tokenize(loaded, sentence)
    except ValueError:  # nothing that it could read
        return None
    return None if why_not(loaded, tokens, None) else word_importance(loaded, sentence)


def agreement(sentences: Sentences) -> tuple[dict[str, float], int]:
    """The rank correlation of each measure with taking words out, the mean over sentences, and how many these are."""
    measured = [
        _ours(SENTENCES.index(each)) if each in SENTENCES else _measured(each) for each in dict.fromkeys(sentences)
    ]
    found = [each.agreement for each in measured if each is not None]
    names = ("received", "rollout", "delivered", "gradients")
    return {name: fmean(each[name] or 0.0 for each in found) if found else 0.0 for name in names}, len(found)


def _numbers(found: dict[str, float]) -> tuple[Number, ...]:
    return (
        Number("attention received", found["received"], ".2f"),
        Number("rollout", found["rollout"], ".2f"),
        Number("weight × ‖v W_O‖", found["delivered"], ".2f"),
        Number("integrated gradients", found["gradients"], ".2f"),
    )


@claim(
    said="The more attention a word receives, the more the sentence depends on it.",
    verdict="imprecise",
    instead="The order is similar, not the same. What the weights deliver, weight × ‖v W_O‖, comes closer.",
    sources=("kobayashi2020", "jain2019", "wiegreffe2019", "sundararajan2017"),
)
def attention_is_importance(sentences: Sentences) -> Finding:
    """Spearman's rank correlation with how far the sentence's vector moves without a word: our ten sentences and yours."""
    found, count = agreement(sentences)
    numbers = _numbers(found)
    return Finding(
        numbers,
        holds=0 < found["received"] < min(found["delivered"], 0.95),
        says=f"On {how_many(count, 'sentence')} that {offline.NAME} reads, the order of words by attention agrees "
        f"with the order by deletion to {numbers[0].text}, by weight × ‖v W_O‖ to {numbers[2].text}, by integrated "
        f"gradients to {numbers[3].text}.",
    )


@claim(
    said="Rollout follows attention through all layers, so it says better what a word is worth.",
    verdict="wrong",
    instead="It multiplies weights and leaves out values and feed-forward layers. On MiniLM it says less than the mean.",
    sources=("abnar2020", "kobayashi2020"),
)
def rollout_is_better(sentences: Sentences) -> Finding:
    """The same for rollout, beside the plain mean of all attention that a word receives."""
    found, count = agreement(sentences)
    numbers = _numbers(found)
    return Finding(
        numbers,
        holds=found["rollout"] < found["received"],
        says=f"On {how_many(count, 'sentence')} that {offline.NAME} reads, the order of words by rollout agrees "
        f"with the order by deletion to {numbers[1].text}, by the mean of all attention to {numbers[0].text}.",
    )
