"""The figures of Attention Lab in a notebook: Jupyter, marimo, wherever anywidget is drawn.

    from attention_lab import heads
    heads(model, tokenizer, "The animal did not cross the street because it was too tired")

Each function returns a widget whose selections can be read: `shown.layer`, `shown.head`, `shown.weights`. They are drawn by
the JavaScript of the app's own pages, which comes along with them: no other computer is asked for anything.
"""

from attention_lab.heads import Heads, heads
from attention_lab.patches import Patches, patches
from attention_lab.steps import Steps, stepper

__all__ = ["Heads", "Patches", "Steps", "heads", "patches", "stepper"]
