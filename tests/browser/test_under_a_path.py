"""The app stands under any path: behind a proxy that takes it away, and where Streamlit is told of it."""

import re
import urllib.request
from urllib.parse import urlsplit

from tests.browser.conftest import visiting
from tests.browser.proxy import under
from tests.browser.server import serving
from tests.browser.visitor import Windows

PREFIX = "/user/ann/proxy/8501"


def drawn_from(windows: Windows, base: str) -> None:
    """A lesson is drawn, whose link leads to another page; all that is asked for lies under the path and is there."""
    asked, missed = [], []
    with visiting(windows) as visit:
        visitor = visit("/masks")
        visitor.page.on("request", lambda request: asked.append(request.url))
        visitor.page.on("response", lambda answer: answer.ok or answer.status == 304 or missed.append(answer.url))
        visitor.page.reload()
        visitor.rest()
        visitor.page.get_by_test_id("stSidebarNavLink").filter(has_text="Many heads").click()
        visitor.page.wait_for_url(re.compile("multi_head"))
        visitor.rest()
    addresses = [urlsplit(url).path for url in asked if url.startswith("http")]
    assert addresses
    assert missed == []
    assert all(path.startswith(f"{base}/") for path in addresses)


def test_behind_a_proxy_that_takes_the_path_away_every_figure_is_drawn(browser, windows, address):
    with under(PREFIX, int(address.rpartition(":")[2])) as shown:
        drawn_from(Windows(browser, shown), PREFIX)


def test_with_a_path_of_its_own_figures_files_and_health_checks_stand_under_it_and_who_may_frame_it_is_said(browser):
    framed_by = "https://school.example, https://other.example"
    with serving(STREAMLIT_SERVER_BASE_URL_PATH="lab", ATTENTION_LAB_FRAMED_BY=framed_by) as (address, _):
        headers = urllib.request.urlopen(address, timeout=60).headers
        assert "frame-ancestors https://school.example https://other.example" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] is None
        for path in ("/healthz", "/lab/healthz"):
            assert urllib.request.urlopen(address.removesuffix("/lab") + path, timeout=60).status == 200
        shell = urllib.request.urlopen(f"{address}/masks", timeout=60).read().decode()
        named = re.findall(r'href="\./(lab-assets/[^"]+)"', shell)
        assert named
        assert all(urllib.request.urlopen(f"{address}/{path}", timeout=60).status == 200 for path in named[:3])
        drawn_from(Windows(browser, address), "/lab")
