"""Everything that is measured, as the table of the README: `make bench`."""

import asyncio
import logging

from tests.benchmarks import browsing, pictures, recorder, sentence_lab, streaming, training, translation, writing
from tests.benchmarks.floors import bare
from tests.benchmarks.sessions import closed_loop, growth, machine
from tests.browser.server import serving

SECONDS = 8.0
LESSONS = ["looking_back", "attention", "self_attention", "masks", "multi_head"]


def row(what: str, measured: str, ratio: str, aim: str) -> None:
    print(f"| {what} | {measured} | {ratio} | {aim} |", flush=True)


def main() -> None:
    logging.disable(logging.WARNING)
    print(f"Measured on {machine()}.\n")
    row("What", "Measured", "Ratio", "Aim")
    row("---", "---", "---", "---")
    for found in recorder.measure():
        row(
            f"Recorded forward against the library's, {found.n_tokens} tokens, {found.device}",
            f"{found.recorded:.1f} against {found.library:.1f} ms",
            f"{found.ratio:.2f}",
            "1.15",
        )
    # before any page is run in this process: that makes the page its main script, which a new process would run
    table, tiles, apart, maps = streaming.measure()
    tokens = f"{streaming.TOKENS:,} tokens, tile by tile against the whole table"
    row(
        f"{tokens}: memory",
        f"{tiles.memory:.0f} against {table.memory:.0f} MB",
        f"{tiles.memory / table.memory:.2f}",
        "0.1",
    )
    row(f"{tokens}: time", f"{tiles.time:.0f} against {table.time:.0f} ms", f"{tiles.time / table.time:.2f}", "2")
    row(f"{tokens}: largest difference", f"{apart:.1e}", "", "1e-5")
    for way, found in maps.items():
        name = f"Map of 32,768 tokens, {way}"
        row(f"{name}: memory beyond the model", f"{found.memory:.0f} MB", "", "256 MB")
        row(f"{name}: text to overview", f"{found.seconds:.1f} s", "", "")
        row(f"{name}: a part that is looked at", f"{found.part:.0f} ms", "", "")
    library, page, grid, whole = sentence_lab.measure()
    row(
        "Sentence lab, 512 tokens and 72 heads: text to payload against the library's forward",
        f"{page:.0f} against {library:.0f} ms",
        f"{page / library:.2f}",
        "1.5",
    )
    row("Sentence lab: the grid of all heads", f"{grid / 1e6:.2f} MB ({whole / 1e6:.2f} MB in all)", "", "4 MB")
    library, page, heads, whole = pictures.measure()
    row(
        "Image lab, 12 layers of 12 heads, 196 patches: picture to payload against the library's forward",
        f"{page:.0f} against {library:.0f} ms",
        f"{page / library:.2f}",
        "1.5",
    )
    row("Image lab: all heads", f"{heads / 1e6:.2f} MB ({whole / 1e6:.2f} MB in all)", "", "3 MB")
    plain, kept = translation.traced()
    row(
        "Greedy translation with every number kept against without, 14 pieces",
        f"{kept:.1f} against {plain:.1f} ms",
        f"{kept / plain:.2f}",
        "1.2",
    )
    library, plain, kept = writing.measure()
    for what, ours, aim in (("without keeping", plain, "1.1"), ("with every number kept", kept, "1.3")):
        row(
            f"Writing {what} against the library's generate with its cache, a token of {writing.TOKENS}",
            f"{ours:.2f} against {library:.2f} ms",
            f"{ours / library:.2f}",
            aim,
        )
    alone, watched = translation.watched()
    row(
        "Live training that is watched against a plain loop, updates per second",
        f"{watched:.1f} against {alone:.1f}",
        f"{watched / alone:.2f}",
        "at least 0.9",
    )
    plain, played = training.measure()
    row(
        "Two stacks of lesson 13, played and looked at, against a plain loop: updates per second of the processor",
        f"{played:.1f} against {plain:.1f} s",
        f"{plain / played:.2f}",
        "at least 0.9",
    )
    plain, watched = training.lab()
    row(
        "Training lab, watched with its figure, against a plain loop: updates per second of the processor",
        f"{watched:.1f} against {plain:.1f}",
        f"{watched / plain:.2f}",
        "at least 0.9",
    )
    work, sent = browsing.frames()
    for name, taken in work.items():
        row(f"{name} over 64 tokens: work per frame, 95th percentile", f"{taken:.1f} ms", "", "16 ms")
    row("Messages to Python while hovering and scrubbing", str(sent), "", "0")
    for path, floor, ours in browsing.sliders():
        row(f"Slider to settled page, {path}", f"{ours:.0f} against {floor:.0f} ms", f"{ours / floor:.2f}", "1.0")
    floor, ours = browsing.steps()
    row(
        "Step to painted distribution, /writing_lab", f"{ours:.0f} against {floor:.0f} ms", f"{ours / floor:.2f}", "1.0"
    )
    floor, ours = browsing.answers()
    row(
        f"Answer to next card among {browsing.CARDS:,}, /recall",
        f"{ours:.0f} against {floor:.0f} ms",
        f"{ours / floor:.2f}",
        "1.0",
    )
    for path, floor, ours in browsing.openings():
        row(f"Address to settled page, {path}", f"{ours:.0f} against {floor:.0f} ms", f"{ours / floor:.2f}", "1.0")
    floor, ours = browsing.first_picture()
    row("Process start to painted map", f"{ours:.2f} against {floor:.2f} s", f"{ours / floor:.2f}", "1.4")
    for visitors in (10, 50):
        with bare() as (address, _):
            floor = asyncio.run(closed_loop(address, "", visitors, SECONDS))
        with serving() as (address, _):
            ours = asyncio.run(closed_loop(address, "self_attention", visitors, SECONDS))
        row(
            f"Reruns per second, {visitors} visitors in a closed loop, /self_attention",
            f"{ours:.0f} against {floor:.0f}",
            f"{ours / floor:.1f}",
            "at least 2",
        )
    # one visitor here does more in a second than one page may
    with serving(ATTENTION_LAB_MESSAGES="1000") as (address, process):
        before, after = asyncio.run(growth(address, process, LESSONS, switches=200, reruns=1000))
    row(
        "Memory over 1000 reruns and 200 page switches",
        f"{before:.0f} to {after:.0f} MB",
        f"{after / before - 1:+.1%}",
        "below +5 %",
    )


if __name__ == "__main__":
    main()
