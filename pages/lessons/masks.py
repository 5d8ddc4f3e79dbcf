"""Lesson 7: masks. What must a word not be allowed to see?"""

from functools import partial

import streamlit as st
from torch import Tensor

from core.attention import attend
from core.attention.masks import kept
from core.attention.projections import ROWS, project, project_heads
from core.experiments import masks as experiments
from core.experiments.masks.leak import attend_mask_after_softmax
from core.lessons import masks
from core.lessons.masks import KINDS, Lesson, Settings
from core.listing import lines_that_ran, marked
from core.trace import steps
from pages.course.lesson import foot
from pages.parts import claims, controls, downloads, one_head, question, sentences, step_viewer, url_state
from pages.parts.number_table import NumberTable
from pages.parts.one_head import Given
from pages.parts.question import Question
from pages.parts.step_viewer import Computation, StepView, StepViewer, Token
from pages.parts.views import matrix, mixture, operand, pair_matrix
from pages.parts.words import asked, asking, cell, say, true_in_row
from pages.server import run_queue

PREFIX = "mask"
MASK_SAYS = (
    "causal: no token sees a later one, as where the next word is to be guessed; padding: filler at the end is hidden; band: "
    "only w neighbours on either side are seen; causal band: only the w before."
)
SEED = 7
AT_MOST = 64  # tokens: the leak meter replaces each of them once
OUR_USE = ". BERT itself hides only padding"
WEIGHTS, LEAK = 3, 6
NUMBER_TABLES = (
    NumberTable("x", "X", "", ((1, 0), (0, 1), (1, 1), (2, -1)), ("the", "cat", "sat", "down")),
    *one_head.SMALL_MAPS,
)


def choose(n_tokens: int) -> Settings:
    """The mask, and what is measured with it."""
    with controls.control_row("control_row_more"):
        mask = st.selectbox("Mask", KINDS, 1, key=f"{PREFIX}_kind", bind="query-params", help=MASK_SAYS, width=170)
        kind = mask or KINDS[1]
        window, padded = 2, 0
        if "band" in kind:
            window = st.slider("Window w", 0, AT_MOST, 2, key=f"{PREFIX}_window", bind="query-params", width=150)
        if kind == "padding":
            padded = st.slider("Padding tokens", 0, AT_MOST, 2, key=f"{PREFIX}_padded", bind="query-params", width=150)
        n_layers = st.slider(
            "Layers stacked, for “reach”",
            1,
            6,
            2,
            key=f"{PREFIX}_layers",
            bind="query-params",
            help="How many layers with this mask lie on top of each other: the last step shows how far a token is heard.",
            width=180,
        )
        way = controls.one_of("Mask, for “leak”", ["before softmax", "after softmax"], f"{PREFIX}_way")
        clicked = url_state.pairs(f"{PREFIX}_cells")
        if clicked:
            st.button("Forget my clicks", on_click=url_state.write, args=(f"{PREFIX}_cells", ""))
    chosen = Settings(kind, window, padded, clicked, n_layers, way == "after softmax")
    try:
        masks.allowed_by(n_tokens, chosen)
    except ValueError as error:
        st.caption(f"The link's cells were ignored: {error}.")
        return Settings(kind, window, padded, frozenset(), n_layers, way == "after softmax")
    return chosen


def step_views(result: Lesson, chosen: Settings, tokens: list[Token], asks: int, most: int) -> list[StepView]:
    """The steps, in words."""
    trace = result.trace
    n_tokens, seen = len(tokens), int(result.allowed[asks].sum())
    q, k = asking(tokens[asks].text), asked(tokens[most].text)
    pairs, everything = kept(result.allowed), n_tokens**2
    sees_all = pairs == everything
    reached = int(result.reached[asks].sum())
    late = lines_that_ran(attend_mask_after_softmax, ("seen", "cut"), {})
    too_late = Computation(steps(result.wrong), "output", late)
    return [
        StepView(
            "scores",
            ("scores", "scaled"),
            pair_matrix("scaled", "scaled", "QKᵀ ÷ √d"),
            say("Every token has a score for every token, also for those it must not see. {n} pairs.", n=everything),
        ),
        StepView(
            "mask M",
            (),
            matrix(
                "mask",
                "signed",
                limit=1,
                hidden="allowed",
                margin="visible",
                corner="M",
                cornerNote="0 or −∞",
                hiddenWord="−∞",
                readout="pair",
                chain="masked",
            ),
            say(
                "{q} may look at {seen} of {n} tokens. Of all pairs {kept} stay, {gone} are hidden. {how}",
                q=q,
                seen=true_in_row(seen, "allowed"),
                n=n_tokens,
                kept=pairs,
                gone=everything - pairs,
                how="Press Edit mask and click a cell to change it.",
            ),
            "M",
            title="The mask",
        ),
        StepView(
            "masked",
            ("masked",),
            pair_matrix("masked", "masked", "+ M", hidden="allowed", margin="visible"),
            say(
                "Nothing is hidden, so nothing changes."
                if sees_all
                else "Hidden scores become −∞. e to the power of −∞ is exactly 0, whatever the score was.",
            ),
            "+ M",
        ),
        StepView(
            "weights",
            ("weights",),
            pair_matrix(
                "weights", "weights", "softmax", "weights", cornerNote="row by row →", margin="sum", hidden="allowed"
            ),
            say(
                "Hidden tokens get exactly 0, and each row still adds up to 1: {q} spends {w:.2f} on {k}, among the {seen} it "
                "may see.",
                q=q,
                w=cell(trace.attention.weights[0, 0, asks, most].item(), "weights"),
                k=k,
                seen=true_in_row(seen, "allowed"),
            ),
            "softmax",
        ),
        StepView(
            "output",
            ("output",),
            mixture(),
            say("The output of {q} holds nothing of the tokens it may not see.", q=q),
            "·V",
        ),
        StepView(
            "wrong way",
            ("cut",),
            matrix(
                "wrong",
                "weights",
                left=operand("queries", "Q", "query"),
                top=operand("keys", "K⊤", "key"),
                faint=True,
                corner="A ⊙ M",
                cornerNote="too late",
                margin="sum",
                hidden="allowed",
                readout="pair",
                chain="wrong",
            ),
            say(
                "Softmax first, mask after: the hidden scores already stand in the denominator. The rows no longer add up to "
                "1, the worst is left with {least:.2f}.",
                least=result.smallest_row_sum,
            ),
            title="Masking after the softmax",
            instead=too_late,
        ),
        StepView(
            "leak",
            ("cut",) if chosen.after_softmax else ("masked",),
            matrix("leak", "share", corner="leak", cornerNote="output ↓ edited →", readout="plain"),
            say(
                "Replace one token (column) and see which outputs (rows) move, and how far. {verdict} A hidden token moves an "
                "output by at most {leak:.3g}, with the mask {way} the softmax.",
                verdict="Nothing is hidden, so nothing can leak."
                if sees_all
                else "Nothing leaks."
                if result.hidden_leak == 0
                else "The mask leaks.",
                leak=result.hidden_leak,
                way="after" if chosen.after_softmax else "before",
            ),
            "edit",
            title="The leak meter",
            instead=too_late if chosen.after_softmax else None,
        ),
        StepView(
            "reach",
            (),
            matrix(
                "layers_needed",
                "share",
                limit=float(chosen.n_layers),
                hidden="reached",
                hiddenWord="not reached",
                whole=True,
                corner="reach",
                cornerNote=f"{chosen.n_layers} layers",
                readout="plain",
            ),
            say(
                "Each number is how many layers a token needs to be heard. Through {layers} such layers {q} hears {heard} "
                "tokens. {rule}",
                layers=chosen.n_layers,
                q=q,
                heard=true_in_row(reached, "reached"),
                rule=f"A window of {chosen.window} reaches {chosen.window} further with each layer."
                if "band" in chosen.kind
                else "Under this mask one layer reaches all that any number of them can: try a band."
                if not result.layers_needed.nan_to_num().gt(1).any()
                else "",
            ),
            "L layers",
            title="How far it reaches",
        ),
    ]


def questions(given: Given) -> list[Question]:
    """Change the last word under a causal mask, put before the softmax and after it."""
    only, every, none = "only the last", "all of them", "none"

    def who(moved: Tensor) -> str:
        return {0: none, 1: only}.get(int((moved > 0).sum()), every)

    def perform(way: str) -> None:
        st.session_state[f"{PREFIX}_kind"] = "causal"
        st.session_state[f"{PREFIX}_way"] = way
        url_state.write(f"{PREFIX}_cells", "")
        step_viewer.go_to("masks", LEAK)

    def grade_before() -> tuple[str, str]:
        moved = masks.movers(given.x, given.maps, after_softmax=False)
        return who(moved), f"All earlier outputs move by exactly {moved[:-1].max().item():g}."

    def grade_after() -> tuple[str, str]:
        moved = masks.movers(given.x, given.maps, after_softmax=True)
        return who(moved), (
            f"{int((moved > 0).sum())} of {len(moved)} move, the first by {moved[0].item():.3f}: the changed score stands in "
            "every row's denominator."
        )

    return [
        Question(
            "before",
            "A causal mask before the softmax. The last word changes: which outputs move?",
            (every, only, none),
            grade_before,
            lambda: perform("before softmax"),
        ),
        Question(
            "after",
            "The same mask, but multiplied in after the softmax. Which outputs move now?",
            (only, every, none),
            grade_after,
            lambda: perform("after softmax"),
        ),
    ]


@run_queue.fragment
def lesson() -> None:
    with controls.control_row():
        numbers = controls.numbers(PREFIX)
        if numbers == controls.REAL:
            text = controls.sentence(PREFIX)
            layer, head = controls.layer_and_head(PREFIX)
    is_real = numbers == controls.REAL
    given = one_head.real(text, PREFIX, layer, head, AT_MOST) if is_real else one_head.by_hand(PREFIX, NUMBER_TABLES)
    if given is None:
        return
    chosen = choose(len(given.tokens))
    result = masks.run(given.x, given.maps, chosen)
    asks = sentences.interesting(given.tokens)
    most = int(result.trace.attention.weights[0, 0, asks].argmax())
    listing = [
        *marked(lines_that_ran(project, tuple(ROWS), {}), ROWS),
        *lines_that_ran(project_heads, tuple(ROWS.values()), {}),
        *lines_that_ran(attend, ("scores", "scaled", "masked", "weights", "output"), {"allowed": result.allowed}),
    ]
    scene = StepViewer(
        lesson="masks",
        signature=f"{given.again.args}",
        steps=steps(result.trace),
        views=step_views(result, chosen, given.tokens, asks, most),
        tokens={"queries": given.tokens, "keys": given.tokens},
        listing=listing,
        formula_of="output",
        symbols={"queries": "Q", "keys": "K", "values": "V"},
        focus={"query": asks, "key": most},
        divisor=result.trace.queries.shape[-1] ** 0.5,
        tensors=masks.beside(result),
        shares=frozenset({"early", "wrong"}),
        editable=True,
        answered=question.answered(PREFIX, ("before", "after")),
    )

    def toggle(asked: int, seen: int) -> None:
        flipped = chosen.flipped ^ {(asked, seen)}
        try:
            masks.allowed_by(len(given.tokens), Settings(chosen.kind, chosen.window, chosen.padded, flipped))
        except ValueError as error:
            st.toast(f"Kept as it was: {error}.")
            return
        url_state.write(f"{PREFIX}_cells", ",".join(f"{a}.{b}" for a, b in sorted(flipped)))

    step_viewer.show(scene, WEIGHTS, on_toggle=toggle)
    origin = given.origin + (OUR_USE if is_real else "")
    again = partial(masks.shown, given.again, chosen)
    downloads.offer(scene, WEIGHTS, origin, again)
    if len(given.tokens) >= 2:
        question.ask(PREFIX, questions(given))
    claims.show_claims(PREFIX, experiments.CLAIMS, (given.x, given.maps, SEED))


lesson()
claims.show_sources(("vaswani2017", "luong2015", "beltagy2020", "devlin2019"))
foot("masks")
