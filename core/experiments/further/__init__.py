"""What the notes claim and no lesson says in these words. Each experiment takes what those of its lesson take.

Some are the experiment of a lesson under another sentence: what refutes the one bears the other out.
"""

from dataclasses import replace

from core.experiments import looking_back, model_family, vision_transformer
from core.experiments.claim import Claim
from core.experiments.further.pictures import patches_are_tokens, replaces_convolutions
from core.experiments.further.recall import next_review


def _said(claims: tuple[Claim, ...], name: str, said: str, instead: str, *sources: str) -> Claim:
    """What is right, with the experiment of a lesson by this name."""
    found = next(claim for claim in claims if claim.name == name)
    return replace(found, said=said, verdict="right", instead=instead, sources=sources or found.sources)


reorders = _said(
    looking_back.CLAIMS,
    "supervised",
    "The heatmap of the weights shows how words change places from one language to the other.",
    "In a toy language adjectives come behind their noun, in reverse. Trained, each word looks most at where it came from.",
)
text_to_text = _said(
    model_family.CLAIMS,
    "head_for_each_task",
    "T5 makes every task text to text, by one full Transformer.",
    "A prefix says what is wanted. Nothing else differs between the tasks.",
)
read_either_way = _said(
    vision_transformer.CLAIMS,
    "class_token_required",
    "A picture is read by a class token, or by the mean of all patches.",
    "Both work. They want learning rates of their own; here the mean stays a little behind.",
)
two_towers = _said(
    model_family.CLAIMS,
    "every_pair",
    "CLIP reads pictures and texts.",
    "Two towers make one vector each of both, and a picture chooses among captions. What it never saw paired it may miss.",
)

CLAIMS = (
    reorders,
    text_to_text,
    patches_are_tokens,
    read_either_way,
    two_towers,
    replaces_convolutions,
    next_review,
)
