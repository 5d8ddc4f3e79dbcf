"""A click on a button that the server has drawn anew meanwhile gets its file, as the page has it now; nobody else's."""

from types import SimpleNamespace

import pytest
from streamlit.runtime import runtime
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from pages.server import late_clicks
from pages.server.late_clicks import Offers


@pytest.fixture
def manager() -> Offers:
    return Offers(MemoryMediaFileStorage("/media"))


@pytest.fixture
def offer(manager, monkeypatch):
    def of(visitor: str, made: bytes, place: str = "0.1", button: str = "csv") -> str:
        monkeypatch.setattr(late_clicks, "get_script_run_ctx", lambda **_: SimpleNamespace(session_id=visitor))
        return manager.add_deferred(lambda: made, "text/csv", place, element_id=button)

    return of


def made(manager: Offers, offer: str) -> bytes:
    address = manager.execute_deferred(offer)
    found = manager.read_file(address.rsplit("/", 1)[1])
    assert found is not None
    return found.content


def test_what_the_browser_still_shows_is_made_as_the_page_has_it_now(manager, offer):
    shown = offer("ada", b"1")
    offer("ada", b"2")
    offer("ada", b"3")
    manager.remove_orphaned_files()
    assert made(manager, shown) == b"3"


def test_another_button_and_another_visitor_are_not_asked(manager, offer):
    shown = offer("ada", b"1")
    manager.clear_session_refs("dontcare")
    manager.remove_orphaned_files()
    offer("ada", b"2", "0.2", "npz")
    offer("bob", b"3", "0.3")
    with pytest.raises(MediaFileStorageError):
        made(manager, shown)


def test_no_more_than_the_last_offers_are_remembered(manager, offer, monkeypatch):
    monkeypatch.setattr(late_clicks, "REMEMBERED", 3)
    first = offer("ada", b"1")
    others = [offer("ada", bytes([n])) for n in range(3)]
    manager.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError):
        made(manager, first)
    assert made(manager, others[0]) == b"\2"


def test_whose_page_is_drawn_again_and_again_pushes_out_his_own_offers_alone(manager, offer, monkeypatch):
    monkeypatch.setattr(late_clicks, "REMEMBERED", 6)
    monkeypatch.setattr(late_clicks, "OF_ONE", 3)
    hers = offer("ada", b"1")
    offer("ada", b"2")
    his = [offer("bob", bytes([n]), "0.2") for n in range(20)]
    manager.remove_orphaned_files()
    assert made(manager, hers) == b"2"
    assert made(manager, his[-3]) == b"\x13"
    with pytest.raises(MediaFileStorageError):
        made(manager, his[-4])


def test_of_visitors_whose_offers_are_forgotten_nothing_is_left(manager, offer, monkeypatch):
    monkeypatch.setattr(late_clicks, "REMEMBERED", 3)
    for number in range(9):
        offer(f"visitor {number}", b"1", f"0.{number}")
    assert list(manager._of_visitor) == ["visitor 6", "visitor 7", "visitor 8"]


def test_the_server_has_it(monkeypatch):
    monkeypatch.setattr(runtime, "MediaFileManager", runtime.MediaFileManager)
    late_clicks.answer()
    assert runtime.MediaFileManager is Offers
