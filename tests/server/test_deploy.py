"""What stands before several processes agrees with what they are."""

import json
import re
import tomllib

import pytest
import yaml

from deploy.replicas import TEMPLATE, configuration, free_ports, furnish, shared, watched
from tests.browser.server import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")


def test_nginx_is_told_every_process_and_keeps_each_visitor_at_one():
    ports = free_ports(3)
    told = configuration("8501", ports)
    assert [int(port) for port in re.findall(r"server 127\.0\.0\.1:(\d+)", told)] == ports
    assert "hash $sticky consistent;" in told
    assert "listen 8501;" in told
    assert "${" not in told


def test_nginx_lets_in_what_the_server_lets_in():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    (accepted,) = re.findall(r"client_max_body_size (\d+)m;", TEMPLATE.read_text("utf-8"))
    assert int(accepted) > config["server"]["maxUploadSize"]


def test_a_message_may_be_as_large_as_the_largest_figure_and_not_much_larger():
    """It is all in memory before anybody has looked at it, and every visitor may have one on its way."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert 40 <= config["server"]["maxMessageSize"] <= 64


def test_headers_for_websockets_stand_where_nginx_reads_them():
    """One proxy_set_header in a block hides all of the blocks around it: so all stand in one."""
    (block,) = re.findall(r"location / \{(.*?)\n    \}", TEMPLATE.read_text("utf-8"), re.DOTALL)
    for header in ("Host $http_host", "Upgrade $http_upgrade", "Connection $connection_upgrade"):
        assert f"proxy_set_header {header};" in block


def test_nobody_behind_nginx_has_another_address_than_the_one_that_nginx_saw():
    """The server shares fairly among addresses; of those that a visitor writes into a header it must see none."""
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))["services"]
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in TEMPLATE.read_text("utf-8")
    # no other container knows nginx by an address: it is believed since nobody else gets there
    assert services["app"]["environment"]["FORWARDED_ALLOW_IPS"] == "*"
    assert "ports" not in services["app"]


def test_a_further_proxy_is_believed_where_it_is_named_and_nobody_else():
    """Behind one that is not named all learners have its address, and share one learner's turn."""
    named = "set_real_ip_from 192.0.2.10; set_real_ip_from 10.0.0.0/8;"
    assert "set_real_ip_from" not in configuration("8501", [1])
    told = configuration("8501", [1], named)
    assert named in told
    assert "real_ip_header X-Forwarded-For;" in told
    assert (
        "real_ip_recursive on;" in told
    )  # else a visitor's own words would stand where several proxies follow each other


@pytest.mark.parametrize(
    ("at_the_line", "asks", "proxy_says", "told"),
    [
        ("198.51.100.7", "198.51.100.7", "https", "http"),  # nobody is named, and a visitor says so
        ("192.0.2.10", "203.0.113.5", "https", "https"),
        ("192.0.2.10", "203.0.113.5", "http", "http"),
        ("192.0.2.10", "203.0.113.5", "", "http"),
        ("192.0.2.1", "192.0.2.10", "https", "https"),  # the one begins as the other does
    ],
)
def test_a_proxy_that_is_named_says_whether_a_visitor_came_by_https_and_nobody_else(
    at_the_line, asks, proxy_says, told
):
    """So that the cookie of who came by https is sent by https alone."""
    template = TEMPLATE.read_text("utf-8")
    (name, lines) = re.findall(
        r'^map "\$realip_remote_addr \$remote_addr \$http_x_forwarded_proto" (\$\w+) \{\n(.*?)^\}',
        template,
        re.M | re.S,
    )[0]
    assert f"proxy_set_header X-Forwarded-Proto {name};" in template
    (otherwise,) = re.findall(r"^    default +(\S+);$", lines, re.MULTILINE)
    patterns = re.findall(r'^    "~(.+)" +(\S+);$', lines, re.MULTILINE)
    line = f"{at_the_line} {asks} {proxy_says}"
    chosen = next((value for pattern, value in patterns if re.search(pattern, line)), otherwise)
    assert {"$scheme": "http", "$http_x_forwarded_proto": proxy_says}[chosen] == told


def test_while_no_process_answers_nginx_says_so_in_words():
    told = TEMPLATE.read_text("utf-8")
    assert "error_page 502 503 504 @away;" in told
    assert "return 503 $away;" in told
    (of_a_page,) = re.findall(r"^    default +\"(.+)\";$", told, re.MULTILINE)
    (by_a_page,) = re.findall(r"^    ~/_stcore/ '(.+)';$", told, re.MULTILINE)
    # Streamlit shows of such an answer what can be read as JSON; to nginx a backslash is two
    begin = "Attention Lab is being started again"
    assert of_a_page.startswith(begin)
    assert json.loads(by_a_page.replace(r"\\", "\\")).startswith(begin)


def test_each_process_tells_its_numbers_at_a_port_of_its_own():
    found = watched("127.0.0.1:9100", 3)
    assert [told["ATTENTION_LAB_METRICS"] for told in found] == [f"127.0.0.1:{port}" for port in (9100, 9101, 9102)]
    assert watched("", 2) == watched("nowhere", 2) == [{}, {}]


def test_the_image_holds_all_that_the_app_imports_and_the_same_model_as_make_run():
    assert {"core", "pages", "assets", ".streamlit"} <= set(re.findall(r"^COPY (\S+) \1$", DOCKERFILE, re.MULTILINE))
    assert "COPY app.py serve.py ./" in DOCKERFILE
    (model,) = re.findall(r"^MODEL := (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert model in DOCKERFILE


def test_the_containers_are_filled_in_as_the_processes_are():
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))["services"]
    wanted = set(re.findall(r"\$\{(\w+)\}", TEMPLATE.read_text("utf-8")))
    assert wanted == services["front"]["environment"].keys()
    assert "STREAMLIT_SERVER_COOKIE_SECRET" in services["app"]["environment"]


def test_what_stands_behind_a_proxy_or_in_an_image_knows_that_others_reach_it():
    """Seen from such a process, every visitor is on this computer: no header says better."""
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))["services"]
    assert services["app"]["environment"]["ATTENTION_LAB_PUBLIC"] == "yes"
    assert "ENV ATTENTION_LAB_PUBLIC=yes" in DOCKERFILE
    assert shared(3)["ATTENTION_LAB_PUBLIC"] == "yes"


def test_nginx_s_workers_get_to_the_folders_that_they_write_to_whoever_they_are(tmp_path):
    """Started by root they are nobody, and large uploads were answered by 500."""
    tmp_path.chmod(0o700)
    furnish(tmp_path, configuration("8501", [1]))
    assert tmp_path.stat().st_mode & 0o001
    written = re.findall(r"_temp_path (\S+);", (tmp_path / "nginx.conf").read_text("utf-8"))
    assert len(written) == 5
    assert all(path.startswith(f"{tmp_path}/") for path in written)
