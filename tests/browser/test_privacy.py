"""What a visitor types and sends is shown to nobody else, and is neither logged nor written down."""

import io
import tempfile
import time

import numpy as np
import pytest
from PIL import Image

from deploy.replicas import free_ports, running
from pages.course.catalogue import BY_SLUG
from tests.browser.server import ROOT
from tests.browser.visitor import Visitor, Windows

WORD = "xylomancy"
PAGES = {
    "/": "A sentence of your own",
    "/self_attention": "Sentence",
    "/masks": "Sentence",
    "/looking_back": "English sentence",
    "/sentence_lab": "Sentence",
}


def word(place: str) -> str:
    return WORD + place.strip("/").replace("_", "")


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "magenta").save(out, "PNG")
    return out.getvalue()


def send(visitor: Visitor, button: str, name: str, content: bytes) -> None:
    visitor.page.get_by_role("button", name=button).first.click()
    chooser = visitor.page.locator("[data-testid=stFileUploader] input[type=file]")
    chooser.wait_for(state="attached")
    chooser.set_input_files([{"name": name, "mimeType": "application/octet-stream", "buffer": content}])


EVERYTHING = """() => {
    const within = (root) => [...root.querySelectorAll("*")].flatMap((node) => [
        node.value ?? "", node.shadowRoot ? node.shadowRoot.textContent + within(node.shadowRoot).join(" ") : "",
    ]);
    return document.body.textContent + within(document).join(" ");
}"""


def use_all(visitor: Visitor) -> None:
    """Type and send something of one's own on every page that takes it, also what cannot be read."""
    for path, label in PAGES.items():
        visitor.go(path)
        visitor.type_into(label, f"the {word(path)} sleeps")
        assert word(path) in visitor.page.evaluate(EVERYTHING)
    send(visitor, "Upload", "notes.txt", f"a {WORD}file rests".encode())
    visitor.page.wait_for_function(f"() => ({EVERYTHING})().includes('{WORD}file')")
    visitor.go("/translation_lab")
    send(visitor, "Upload", f"{WORD}table.csv", f"{WORD}column\nThe cat and the {WORD}cell.\n".encode())
    visitor.says("[data-testid=stText]", f"{WORD}cell")
    visitor.page.keyboard.press("Escape")
    visitor.go("/image_lab")
    send(visitor, "Bring your own", f"{WORD}picture.png", png())
    visitor.says("[data-testid=stText]", f"{WORD}picture")
    visitor.page.keyboard.press("Escape")
    visitor.go("/image_lab")
    send(visitor, "Bring your own", f"{WORD}broken.png", f"{WORD}bytes".encode())
    visitor.says("[data-testid=stText]", f"{WORD}broken")


def test_what_a_visitor_brings_is_shown_to_nobody_else_neither_logged_nor_written_down(visit, folder):
    began = time.time()
    visitor = visit("/")
    use_all(visitor)
    # a link, which the server is asked for, and what cannot be read of it
    visitor.go(f"/self_attention?self_attention_text=a+{WORD}link&self_attention_order={WORD}order")
    visitor.go(f"/sentence_lab?lab_model=another+model+…&lab_name=/{WORD}folder")
    stranger = visit("/")
    assert WORD not in stranger.page.evaluate(EVERYTHING)
    others = ("/translation_lab", "/image_lab", "/vision_transformer", "/captioning", "/bottleneck")
    for slug in (path.strip("/") for path in (*PAGES, *others) if path != "/"):
        stranger.see("[data-testid=stSidebarNavLink]", has_text=BY_SLUG[slug].name).click()
        assert WORD not in stranger.arrive(f"/{slug}").page.evaluate(EVERYTHING), slug
    ours = [path for path in ROOT.rglob("*") if not {".git", ".venv"} & set(path.relative_to(ROOT).parts[:1])]
    written = [path for path in ours if path.is_file() and path.stat().st_mtime >= began]
    own = [path for path in folder.rglob("*") if path.is_file()]
    assert b"URL: http" in (folder / "log").read_bytes()
    told = [str(path) for path in (*written, *own) if WORD.encode() in path.read_bytes() or WORD in path.name]
    assert told == []


def noise() -> bytes:
    """A picture of some megabytes, which a server would put into a file on its way."""
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (1100, 1000, 3), np.uint8)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.long
def test_a_class_leaves_no_word_in_a_log_a_temporary_folder_or_the_database_though_a_replica_is_killed(
    browser, tmp_path, monkeypatch, capfd
):
    (port,) = free_ports(1)
    for name in ("ATTENTION_LAB_DATA", "HOME", "TMPDIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "TMPDIR"))
    seen: set[str] = set()

    def look() -> None:
        seen.update(
            str(path)
            for path in tmp_path.rglob("*")
            if path.is_file() and (WORD in path.name or WORD.encode() in path.read_bytes())
        )

    with running(2, port) as replicas, Windows(browser, f"http://127.0.0.1:{port}").lend() as visitor:
        use_all(visitor)
        visitor.go("/image_lab")
        send(visitor, "Bring your own", f"{WORD}large.png", noise())
        visitor.says("[data-testid=stText]", f"{WORD}large")
        visitor.go(f"/self_attention?self_attention_text=a+{WORD}link&self_attention_order={WORD}order")
        look()
        for replica in replicas:
            replica.process.kill()
            replica.process.wait(20)
            look()
            replica.start()
            while not replica.is_warm():
                time.sleep(0.2)
        visitor.go("/masks").type_into("Sentence", f"the {WORD} comes back")
        look()
        folders = [path.name for path in tmp_path.rglob("*") if path.is_dir()]
    assert "body" in folders  # nginx's own were looked into
    assert seen == set()
    told = "".join(capfd.readouterr())
    assert "http://" in told
    assert WORD not in told
