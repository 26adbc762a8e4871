"""GET /metrics and docs/metrics.md name the same metrics, with the same types and labels."""

import re

import pytest
from sockets import HANDSHAKE
from support import ROOT, metric, request_bytes

ROW = re.compile(r"^\| `(intermute_\w+)` \| (\w+) \| ([^|]*) \| [^|]* \| [^|]+ \|$", re.MULTILINE)
TYPE = re.compile(r"^# TYPE (\S+) (\w+)$", re.MULTILINE)
SAMPLE = re.compile(r"^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? \S+$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="')


def documented():
    """name -> (type, names of labels), as the table says."""
    rows = ROW.findall((ROOT / "docs/metrics.md").read_text())
    found = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert found and len(found) == len(rows), "a metric has two rows"
    return found


def served(text):
    """name -> (type, names of labels), as a scrape says."""
    labels = {}
    for name, pairs in SAMPLE.findall(text):
        labels.setdefault(name, set()).update(LABEL.findall(pairs))
    return {name: (kind, labels[name] - {"le"}) for name, kind in TYPE.findall(text)}


@pytest.fixture(scope="module")
def scrape(server):
    """The text after a little of everything: a write, reads, a refusal, a WebSocket."""
    with server.client() as http, server.raw() as raw:
        agent = http.register(name="measured", project="m")["agent_id"]
        http.ok("POST", f"/api/agents/{agent}/heartbeat")
        http.send("x", [agent], project="m", id="seen")
        http.ok("POST", "/api/messages/seen/read?project=m", {"agent": agent})
        assert len(http.inbox(agent, project="m")) == 1
        assert http.get("/nope").status == 404
        assert raw.exchange(request_bytes("GET", f"/ws/agents/{agent}?project=m",
                                          headers=HANDSHAKE)).status == 101
        return http.get("/metrics").body.decode()


def test_every_metric_is_documented_and_every_documented_one_is_there(scrape):
    assert served(scrape).keys() == documented().keys()


def test_types_and_labels_are_as_documented(scrape):
    assert served(scrape) == documented()


COUNTED = [
    # sample, labels -> what the traffic above makes of it
    ("intermute_http_responses_total", {"operation": "sendMessage", "class": "2xx"}, 1),
    ("intermute_http_responses_total", {"operation": "unmatched", "class": "4xx"}, 1),
    ("intermute_http_request_duration_seconds_count", {"operation": "registerAgent"}, 1),
    ("intermute_mailbox_depth", {"class": "project"}, 0),
    ("intermute_mailbox_accepted_total", {"class": "project"}, 2),
    ("intermute_mailbox_refused_total", {"class": "project"}, 0),
    ("intermute_websocket_connections", {}, 1),
    ("intermute_store_breaker_state", {}, 0),
    ("intermute_writer_changes_rejected_total", {}, 0),
]


@pytest.mark.parametrize("name, labels, expected", COUNTED, ids=lambda value: str(value))
def test_traffic_is_counted(scrape, name, labels, expected):
    assert metric(scrape, name, **labels) == expected


def test_what_was_written_is_in_the_batches(scrape):
    stored = metric(scrape, "intermute_writer_changes_stored_total")
    assert stored >= 3, "a registration, a message and a mark"
    assert metric(scrape, "intermute_writer_batch_changes_sum") >= stored
    assert metric(scrape, "intermute_writer_commit_seconds_count") > 0
