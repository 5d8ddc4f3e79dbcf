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
    """One page of the app: its address, its words and where its code is. lead: what goes in, what comes out, why now."""

    slug: str
    title: str
    question: str
    lead: str
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


def _lesson(
    number: int, slug: str, title: str, question: str, lead: str, section: str, minutes: int, **builds_on: float
) -> Page:
    return Page(
        slug, title, question, lead, "lessons", section, number, minutes, builds_on, ":material/radio_button_unchecked:"
    )


MAP = Page("map", "The map", "Where am I, and what comes next?", "", "course", icon=":material/route:")

LESSONS = (
    _lesson(
        1,
        "bottleneck",
        "One vector for a sentence",
        "What is lost when one vector must hold it all?",
        "An English sentence goes in, word after word. Out comes a French one, written from one row of numbers that"
        " must hold it all. So machines translated in 2014; what is lost on the way is why attention was invented.",
        BEFORE,
        12,
    ),
    _lesson(
        2,
        "looking_back",
        "Looking back",
        "How can a translator look back at the word it needs?",
        "A sentence goes in, a row of numbers for each piece. Before each French piece the translator mixes these "
        "rows, by weights. They are attention, as it began.",
        BEFORE,
        12,
        bottleneck=0.8,
    ),
    _lesson(
        3,
        "captioning",
        "Attending to pictures",
        "Where does a caption look for its next word?",
        "A picture goes in and is read as 16 cells. Out comes a caption, and for each of its words a look at the "
        "cells. What lesson 2 does with words works on whatever has pieces.",
        BEFORE,
        12,
        looking_back=0.8,
    ),
    _lesson(
        4,
        "attention",
        "Queries, keys, values",
        "What does it mean to ask, to be asked, and to answer?",
        "Three tables go in: vectors that ask, vectors to be found by, and vectors to pass on. Out comes one "
        "mixture for each that asked. This is what the translator of lesson 2 does at every word, taken out of it: the "
        "one operation that all later lessons use.",
        INSIDE,
        15,
        looking_back=0.4,
    ),
    _lesson(
        5,
        "self_attention",
        "Self-attention",
        "How can every word look at every other word at once?",
        "One sentence goes in, a vector for each token. Out comes a new vector for each, mixed from all of them at "
        "once. Asking and being asked now happen within one sentence: the step that transformers are built of.",
        INSIDE,
        15,
        attention=0.9,
    ),
    _lesson(
        6,
        "positions",
        "Putting order back",
        "How does the model know which word came first?",
        "A sentence goes in whose tokens attention takes for a heap. Out come vectors that also tell where each "
        "token stands. Without that, lesson 5 could not tell who bit whom.",
        INSIDE,
        12,
        self_attention=0.6,
    ),
    _lesson(
        7,
        "masks",
        "Masks",
        "What must a word not be allowed to see?",
        "The scores of lesson 5 go in, and a table that says who may look at whom. Out come weights that are 0 "
        "wherever it says no. A model that learns to guess the next word needs it, or it would see the answer.",
        INSIDE,
        15,
        self_attention=0.9,
        attention=0.3,
    ),
    _lesson(
        8,
        "multi_head",
        "Many heads",
        "Why look in twelve ways at the same time?",
        "The vectors of a sentence go in, and several heads read them side by side. Out comes one vector for each "
        "token. One head makes one mixture; here are many.",
        INSIDE,
        15,
        self_attention=0.7,
        masks=0.3,
    ),
    _lesson(
        9,
        "block",
        "The block",
        "What happens after attention?",
        "What attention brings a token goes in. Out comes the token with that added, normalised, and sent through a small "
        "network of its own. Take a part out and see what it was for: without skips all tokens become the same.",
        INSIDE,
        12,
        multi_head=0.7,
        self_attention=0.3,
    ),
    _lesson(
        10,
        "encoder_decoder",
        "Two sentences",
        "How does one sentence look at another?",
        "An English sentence goes in and is read by a stack of blocks. A second stack writes French, one piece after the other, "
        "and looks back at what was read. You know every part by now: this is the machine of 2017 that they make together.",
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
        "A picture goes in, cut into squares, each written as one row of numbers. Out comes a name for what it "
        "shows. From the rows on, the machine is the one that reads sentences, so that lessons 5 to 8 hold here, "
        "too.",
        WHOLE,
        12,
        multi_head=0.7,
        positions=0.5,
    ),
    _lesson(
        12,
        "cost",
        "The bill",
        "What does attention cost, and who pays?",
        "Sizes go in: how long a text is, how wide a token, how many heads. Out come operations, memory and steps that wait, "
        "counted and not guessed. You know all parts of attention now; this is what they cost, and an exact way to pay less.",
        WHOLE,
        12,
        multi_head=0.6,
    ),
    _lesson(
        13,
        "since_2017",
        "What changed since 2017",
        "Which parts of the block were replaced, and why?",
        "A block of 2017 goes in, and out comes one of today: part after part is exchanged. Vectors of the same width "
        "still enter and leave it, so each new part can be tried alone. Then attention itself is replaced, by a memory of "
        "fixed size like that of lesson 1.",
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
        "Your words, captions and a small video go in. Out come a filled gap, a story, a choice and less noise. The block of "
        "lesson 9 is in all of them: who may see whom, what is asked for and what a token is make each of them what it is.",
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
        "Your words go in, and a model that you choose reads them. Out come the attention weights of all its layers"
        " and heads. Whatever the lessons said, you can look for here.",
        "labs",
        "Bring your own",
        icon=":material/edit_note:",
    ),
    Page(
        "translation_lab",
        "Your translation",
        "Which words belong together, and who finds them?",
        "Your sentences go in. Out come translations, and for every French word its shares of the English ones. Or "
        "bring a model and see which of its heads aligns.",
        "labs",
        "Bring your own",
        icon=":material/translate:",
    ),
    Page(
        "image_lab",
        "Your picture",
        "Where do all the heads of a real model look on your own picture?",
        "Your picture goes in, and a model reads it in patches. Out comes where each patch looks, in every layer "
        "and head. A model of your own can stand beside one of ours.",
        "labs",
        "Bring your own",
        icon=":material/image_search:",
    ),
    Page(
        "writing_lab",
        "Your story",
        "How does a language model choose its next word?",
        "The beginning of a text goes in, or a picture. Out comes what the model writes, one token after the other, with all "
        "that it might have written instead. The masked attention of lesson 7 is what it is written with.",
        "labs",
        "Bring your own",
        icon=":material/draw:",
    ),
    Page(
        "training_lab",
        "Your training",
        "What does a small network learn, and how does it come to look where it looks?",
        "A task and a network go in, switch by switch. Out comes how it learns while you watch: loss, gradients, what each "
        "head looks at, what it writes. Every part that the lessons took apart is here to be tried.",
        "labs",
        "Bring your own",
        icon=":material/model_training:",
    ),
)

PRACTICE = (
    Page(
        "recall",
        "Recall",
        "What do you still know, and what comes next?",
        "A card asks, you answer to yourself, and say how well you knew it. Out comes the day on which it asks again, "
        "shortly before you would forget.",
        "practice",
        "Practice",
        icon=":material/cards_stack:",
    ),
    Page(
        "claims",
        "Claims",
        "What is said about attention, and what holds?",
        "87 claims of five notes on attention go in, and a sentence of yours. Out comes, for each, whether it is right, and the "
        "numbers that say so.",
        "practice",
        "Practice",
        icon=":material/rule:",
    ),
    Page(
        "figures",
        "Figures",
        "What did the figures show that are missing in the notes?",
        "The notes that this course corrects refer to 49 figures and hold none of them. Here each is drawn anew from numbers "
        "that the lessons compute, on your own sentence where its step takes one, and leads to the step that makes it.",
        "practice",
        "Practice",
        icon=":material/gallery_thumbnail:",
    ),
)

BY_SLUG = {page.slug: page for page in (MAP, *LESSONS, *LABS, *PRACTICE)}


def built() -> list[Page]:
    """The pages that can be opened, in the order of the course."""
    return [page for page in BY_SLUG.values() if page.built]


def neighbours(page: Page) -> tuple[Page | None, Page | None]:
    """The lesson before and the lesson after, among those that can be opened."""
    lessons = [lesson for lesson in LESSONS if lesson.built]
    at = lessons.index(page)
    return (lessons[at - 1] if at else None, lessons[at + 1] if at + 1 < len(lessons) else None)
