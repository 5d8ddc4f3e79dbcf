"""What attention weights in a decoder are, and what they are not, on the learner's own sentence."""

from dataclasses import replace

import torch

from core.experiments.claim import Finding, Number, claim
from core.experiments.measure import largest
from core.numerals import how_many
from core.sequence.decoding import Interventions
from core.sequence.trained import TrainedTranslator, Translation
from core.sequence.translator import Translator


@claim(
    said="The weights sum to 1, and the context is a weighted sum of the encoder's states.",
    verdict="right",
    instead="Every number of the context lies between the smallest and the largest one of the states.",
    sources=("bahdanau2015",),
    identity=True,
)
def weighted_sum(translator: TrainedTranslator, text: str, seed: int) -> Finding:
    """Row sums, and how far a context leaves the range of the states, over all steps of the translation."""
    trace = translator.translate(text).with_attention
    states, contexts = trace.encoder_states[0].double(), trace.contexts[0].double()
    apart = largest(trace.weights[0].double().sum(-1) - 1)
    outside = torch.relu(torch.maximum(contexts - states.amax(0), states.amin(0) - contexts)).max().item()
    rebuilt = largest(trace.weights[0].double() @ states - contexts)
    numbers = (
        Number("rows differ from 1 by", apart, ".1e"),
        Number("contexts leave the range by", outside, ".1e"),
        Number("weights times states against the context", rebuilt, ".1e"),
    )
    return Finding(
        numbers,
        holds=max(apart, rebuilt) < 1e-4 and outside < 1e-5,
        says=f"In {how_many(len(contexts), 'step')} no row is further than {numbers[0].text} from 1, and no number of a context "
        f"leaves the range of the {how_many(len(states), 'state')}.",
    )


@claim(
    said="The score is how similar a word is to the first decoder state.",
    verdict="imprecise",
    instead="A learned network scores encoder states against the state before each word. Its tanh is needed.",
    sources=("bahdanau2015",),
)
def similarity(translator: TrainedTranslator, text: str, seed: int) -> Finding:
    """The same weights with and without the tanh: how much the rows of a translation differ from its first row."""
    source = translator.read(text)
    ids = torch.tensor([source.ids])
    given = torch.tensor([[translator.vocabulary.start, *translator.translate(text).target.ids[:-1]]])
    own, flat = (
        copied(translator, attention=kind)(ids, torch.tensor([ids.shape[1]]), given)[1][0]
        for kind in ("additive", "linear")
    )
    with_tanh, without = (
        Number("rows differ by", largest(own - own[0])),
        Number("without tanh, by", largest(flat - flat[0]), ".1e"),
    )
    alone = "" if len(own) > 1 else ", for it is one row"
    return Finding(
        (with_tanh, without),
        holds=without.value < 1e-4 < 1e-3 < with_tanh.value,
        says=f"The rows of your translation differ by up to {with_tanh.text}{alone}; without the tanh the query adds the same to "
        f"every score, the softmax cancels it, and the rows differ by {without.text}.",
    )


def copied(translator: TrainedTranslator, **changes: str) -> Translator:
    """The same model with the same weights, to be changed: the translator itself is shared by all visitors."""
    model = Translator(replace(translator.model.config, **changes)).eval()
    model.load_state_dict({name: tensor.cpu() for name, tensor in translator.model.state_dict().items()})
    return model


@claim(
    said="An alignment map explains why a word was written.",
    verdict="right",
    instead="Here mostly: without its strongest place another word is written, without the second hardly ever. Which words "
    "would be written anyway the map does not tell, and other models may not need where they look.",
    sources=("jain2019", "wiegreffe2019"),
)
def explanation(translator: TrainedTranslator, text: str, seed: int) -> Finding:
    """Take one place away from one step, for each step in turn, the strongest and then the second: is the piece another?"""
    own = translator.translate(text)
    steps = len(own.target.ids)
    strongest, second = (sum(changed(translator, text, own, step, rank) for step in range(steps)) for rank in (0, 1))
    numbers = (
        Number("steps", steps, "d"),
        Number("another piece without its strongest place", strongest, "d"),
        Number("another piece without its second strongest", second, "d"),
    )
    telling = strongest > 2 * second
    return Finding(
        numbers,
        holds=telling,
        says=f"Without the place of its largest weight the decoder writes another piece at {strongest} of "
        f"{how_many(steps, 'step')}, without that of its second largest at {second}"
        + ("" if telling else ": on this sentence its strongest places are not what it needs")
        + ".",
    )


def changed(translator: TrainedTranslator, text: str, own: Translation, step: int, rank: int) -> bool:
    """Whether a step writes another piece once the place of a rank is taken from its row, and the others share its weight.

    A row of one single place has nothing left to look at, and no second: nothing changes there.
    """
    row = own.with_attention.weights[0, step].clone()
    if len(row) < 2:
        return False
    row[row.argsort(descending=True)[rank]] = 0
    elsewhere = tuple((row / row.sum()).tolist())
    before = tuple(enumerate(own.target.ids[:step]))
    other = translator.translate(text, interventions=Interventions(before, ((step, elsewhere),)))
    return other.target.ids[step] != own.target.ids[step]


@claim(
    said="With attention the decoder is no longer a recurrent network.",
    verdict="wrong",
    instead="Its state is still made from the state before. Attention only changes what it is given.",
    sources=("bahdanau2015",),
)
def still_recurrent(translator: TrainedTranslator, text: str, seed: int) -> Finding:
    """Change the first state a little, with the same pieces written: how far the last state moves."""
    model = copied(translator)
    own = translator.translate(text)
    given = [translator.vocabulary.start, *own.target.ids[:-1]]
    with torch.no_grad():
        source = model.encode(torch.tensor([own.source.ids]), torch.tensor([len(own.source.ids)]))
        ends = []
        for state in (source.first_state, source.first_state + 0.1):
            for id_ in given:
                state = model.step(source, model.embedding(torch.tensor([id_])), state).decoder_state
            ends.append(state)
    steps = len(given)
    moved = Number("the last state moves by", largest(ends[1] - ends[0]), ".2g")
    return Finding(
        (Number("steps", steps, "d"), moved),
        holds=moved.value > 1e-6,
        says=f"A first state that is larger by 0.1 moves the state {how_many(steps, 'step')} later by {moved.text}, though the "
        "same pieces are written.",
    )
