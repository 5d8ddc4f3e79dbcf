"""What the server tells whoever looks after it: the numbers are true, and visitors have no way to them."""

import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from deploy.replicas import free_ports
from pages.server import failures, metrics, run_queue, sockets
from pages.server.run_queue import RunQueue
from tests.threads import start, until


def numbers(told: str) -> dict[str, float]:
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }


def test_the_numbers_are_those_of_the_queue_the_sockets_and_the_mistakes(monkeypatch):
    queue = RunQueue(1)
    monkeypatch.setattr(run_queue, "RUNS", queue)
    monkeypatch.setattr(sockets, "_OPEN", dict.fromkeys("abc"))
    monkeypatch.setattr(failures.messages, "unexpected", lambda identifier: None)
    before = failures.told()
    failures.tell_without_traceback(ValueError("a mistake"))

    def waits():
        with queue.slot():
            pass

    with TestClient(metrics.application()) as asks:
        with queue.slot():
            threads = [start(waits) for _ in range(2)]
            until(lambda: queue.report()["waiting"] == 2)
            told = numbers(asks.get("/metrics/").text)
        for thread in threads:
            thread.join(20)
        assert asks.get("/healthz").json() == {"alive": True}
    found = [told[f"attention_lab_runs {state}"] for state in ("computing", "waiting", "at_once")]
    assert found == [1, 2, 1]
    assert told["attention_lab_learners"] == 3
    assert told["attention_lab_errors_total"] == before + 1
    assert told["process_resident_memory_bytes"] > 1e7


@pytest.mark.parametrize("at", ["9100", "localhost", ":9100", "127.0.0.1:port", "127.0.0.1:99999"])
def test_what_is_no_address_is_refused_in_words(at):
    with pytest.raises(ValueError, match=r"an address and a port are accepted, such as 127\.0\.0\.1:9100"):
        metrics.serve(at)


def test_it_answers_at_its_own_address():
    (port,) = free_ports(1)
    metrics.serve(f"127.0.0.1:{port}")

    def answered() -> bool:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200
        except urllib.error.URLError:
            return False

    until(answered)
