"""The course: the one table of pages. Navigation, map, page heads and links all read it.

Minutes and the strength of `builds_on` are an editor's judgement, not a measurement; the map says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

PAGES = Path(__file__).parents[1]

BEFORE = "Before transformers"
INSIDE = "Inside the transformer"
WHOLE = "Whole systems"


@dataclass(frozen=True)
class Page:
    """One page of the app: its address, its words and where its code is."""

    slug: str
    title: str
    question: str
    folder: str
    section: str = ""
    number: int | None = None
    minutes: int | None = None
    builds_on: Mapping[str, float] = field(default_factory=dict)
    icon: str = ""

    @property
    def path(self) -> Path:
        return PAGES / self.folder / f"{self.slug}.py"

    @cached_property
    def built(self) -> bool:
        return self.path.exists()

    @property
    def name(self) -> str:
        return f"{self.number} · {self.title}" if self.number else self.title


def _lesson(number: int, slug: str, title: str, question: str, section: str, minutes: int, **builds_on: float) -> Page:
    return Page(
        slug, title, question, "lessons", section, number, minutes, builds_on, ":material/radio_button_unchecked:"
    )


MAP = Page("map", "The map", "Where am I, and what comes next?", "course", icon=":material/route:")

LESSONS = (
    _lesson(1, "bottleneck", "One vector for a sentence", "What is lost when one vector must hold it all?", BEFORE, 12),
    _lesson(
        2,
        "looking_back",
        "Looking back",
        "How can a translator look back at the word it needs?",
        BEFORE,
        12,
        bottleneck=0.8,
    ),
    _lesson(
        3,
        "captioning",
        "Attending to pictures",
        "Where does a caption look for its next word?",
        BEFORE,
        12,
        looking_back=0.8,
    ),
    _lesson(
        4,
        "attention",
        "Queries, keys, values",
        "What does it mean to ask, to be asked, and to answer?",
        INSIDE,
        15,
        looking_back=0.4,
    ),
    _lesson(
        5,
        "self_attention",
        "Self-attention",
        "How can every word look at every other word at once?",
        INSIDE,
        15,
        attention=0.9,
    ),
    _lesson(
        6,
        "positions",
        "Putting order back",
        "How does the model know which word came first?",
        INSIDE,
        12,
        self_attention=0.6,
    ),
    _lesson(
        7, "masks", "Masks", "What must a word not be allowed to see?", INSIDE, 15, self_attention=0.9, attention=0.3
    ),
    _lesson(
        8,
        "multi_head",
        "Many heads",
        "Why look in twelve ways at the same time?",
        INSIDE,
        15,
        self_attention=0.7,
        masks=0.3,
    ),
    _lesson(9, "block", "The block", "What happens after attention?", INSIDE, 12, multi_head=0.7, self_attention=0.3),
    _lesson(
        10,
        "encoder_decoder",
        "Two sentences",
        "How does one sentence look at another?",
        WHOLE,
        15,
        block=0.6,
        masks=0.5,
        captioning=0.2,
    ),
    _lesson(
        11,
        "vision_transformer",
        "Images as words",
        "Can a picture be read like a sentence?",
        WHOLE,
        12,
        block=0.7,
        positions=0.5,
    ),
    _lesson(12, "cost", "The bill", "What does attention cost, and who pays?", WHOLE, 12, multi_head=0.6),
    _lesson(
        13,
        "since_2017",
        "What changed since 2017",
        "Which parts of the block were replaced, and why?",
        WHOLE,
        15,
        block=0.7,
        cost=0.3,
    ),
    _lesson(
        14,
        "model_family",
        "One block, many models",
        "How can BERT, GPT, T5, ViT and CLIP be one machine?",
        WHOLE,
        15,
        encoder_decoder=0.6,
        vision_transformer=0.5,
    ),
)

LABS = (
    Page(
        "sentence_lab",
        "Your sentence",
        "What do all the heads of a real model do with your own words?",
        "labs",
        "Bring your own",
        icon=":material/edit_note:",
    ),
    Page(
        "translation_lab",
        "Your translation",
        "Which words belong together, and who finds them?",
        "labs",
        "Bring your own",
        icon=":material/translate:",
    ),
    Page(
        "image_lab",
        "Your picture",
        "Where do all the heads of a real model look on your own picture?",
        "labs",
        "Bring your own",
        icon=":material/image_search:",
    ),
)

BY_SLUG = {page.slug: page for page in (MAP, *LESSONS, *LABS)}


def built() -> list[Page]:
    """The pages that can be opened, in the order of the course."""
    return [page for page in BY_SLUG.values() if page.built]


def neighbours(page: Page) -> tuple[Page | None, Page | None]:
    """The lesson before and the lesson after, among those that can be opened."""
    lessons = [lesson for lesson in LESSONS if lesson.built]
    at = lessons.index(page)
    return (lessons[at - 1] if at else None, lessons[at + 1] if at + 1 < len(lessons) else None)
