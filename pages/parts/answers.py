"""What a classifier says that a picture shows, in words that do not hide how sure it is."""

from core.vision.classifier import Answer

TOLD = 3


def world(found: Answer) -> str:
    """What it can say at all."""
    return (
        f"It knows {', '.join(sorted(found.probabilities))}. Of anything else, such as a drawing, it names what comes nearest, "
        "at times with a high percentage."
    )


def told(found: Answer) -> str:
    """The likeliest classes."""
    best = [f"{label} {share:.0%}" for label, share in list(found.probabilities.items())[:TOLD]]
    return ("" if found.sure else "not sure: ") + ", ".join(best)
