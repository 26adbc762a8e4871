"""Storage faults under the real program: no yes without the disk, reads go on, and it heals itself.

Promises D1 (acknowledged = stored) and D6 (faults are contained); storage/fault_points.hpp has the
plans. Hits are counted from the start of the process: a few commits are the server's own.
"""

import statistics
import threading
import time

import pytest
from support import FAULTS_BINARY, PATIENCE, SANITIZED, assert_problem, metric, wait_for

pytestmark = pytest.mark.skipif(not FAULTS_BINARY, reason="INTERMUTE_FAULTS_BIN is not set")

PROJECT = "faults"
AGENT = "reader"
UNKNOWN = {"outcome_unknown"}  # the one answer that leaves open whether it was stored


def start(make_server, plan, *args):
    return make_server(*args, binary=FAULTS_BINARY, env={"INTERMUTE_FAULT_PLAN": plan})


def post(client, message_id):
    return client.post("/api/messages", {"id": message_id, "from": "sender", "to": [AGENT],
                                         "project": PROJECT, "body": f"body of {message_id}"})


class Ledger:
    """What became of every message that was sent."""

    def __init__(self):
        self.stored = {}   # id -> cursor, answered 2xx
        self.refused = {}  # id -> code, answered with certainty that nothing happened
        self.unknown = set()

    def note(self, message_id, reply):
        if reply.status == 200:
            self.stored[message_id] = reply.json["cursor"]
            return
        assert reply.status >= 500, reply
        code = assert_problem(reply, reply.status)["code"]
        if code in UNKNOWN:
            assert reply.status == 504, reply
            self.unknown.add(message_id)
        else:
            self.refused[message_id] = code

    def check(self, client):
        inbox = client.inbox(AGENT, project=PROJECT)
        cursors = [message["cursor"] for message in inbox]
        assert cursors == sorted(set(cursors))
        found = {message["id"]: message["cursor"] for message in inbox}
        assert len(found) == len(inbox), "a message is there twice"
        assert self.stored.items() <= found.items(), "an acknowledged message is lost"
        assert not self.refused.keys() & found.keys(), "a refused message is there"
        assert found.keys() <= self.stored.keys() | self.unknown
        assert all(message["body"] == f"body of {message['id']}" for message in inbox)
        assert client.counts(AGENT, PROJECT)["total"] == len(inbox)


def send_until(client, ledger, label, ends, most=10_000):
    """Sends one message after another until `ends(reply)`; that reply."""
    for number in range(most):
        reply = post(client, f"{label}-{number}")
        ledger.note(f"{label}-{number}", reply)
        if ends(reply):
            return reply
    raise AssertionError(f"{most} messages, and it did not come to {label}")


def recover(client, ledger):
    """Waits until writes are taken again, by themselves."""
    def well():
        ledger.note(f"again-{len(ledger.refused)}", reply := post(
            client, f"again-{len(ledger.refused)}"))
        return reply.status == 200

    wait_for(well, "the store takes writes again", pause=0.05)
    assert wait_for(lambda: client.get("/health").status == 200, "health is back")


def check_after_restart(server, ledger):
    """Everything is as it was answered: now, after a clean restart and after a killed one."""
    with server.client() as client:
        ledger.check(client)
    server.env = None
    assert server.stop() == 0
    server.restart()
    with server.client() as client:
        ledger.check(client)
        ledger.note("after", post(client, "after"))
    server.kill()
    server.restart()
    with server.client() as client:
        ledger.check(client)
    assert "after" in ledger.stored
    assert ledger.stored["after"] == max(ledger.stored.values()), "a cursor was used again"


def check_degraded(server, ledger, refused, status, code):
    """While the breaker is open: writes are refused at once, reads are served, health says so."""
    with server.client() as client:
        assert_problem(refused, status, code)
        health = client.get("/health")
        assert health.status == 503, health
        assert health.json["status"] == "degraded" and health.json["error"], health
        assert int(health.headers["retry-after"]) >= 0
        began = time.monotonic()
        for number in range(10):
            reply = post(client, f"open-{number}")
            ledger.note(f"open-{number}", reply)
            assert_problem(reply, status, code)
        assert time.monotonic() - began < (5 if SANITIZED else 0.5), "a refusal took its time"
        ledger.check(client)
        assert client.get("/api/agents").status == 200
        assert metric(client.get("/metrics").body.decode(), "intermute_store_breaker_state") > 0


def test_failing_commits_open_the_breaker_and_it_closes_by_itself(make_server):
    # The breaker opens at the fifth fault in a row; the sixth hits the first probe.
    server = start(make_server, "writer.commit=IOERR@12x6")
    ledger = Ledger()
    with server.client() as client:
        failed = send_until(client, ledger, "good", lambda reply: reply.status != 200)
        assert_problem(failed, 500, "storage_failed")
        assert len(ledger.stored) >= 5
        ledger.check(client)
        refused = send_until(client, ledger, "bad", lambda reply: reply.status == 503
                             and reply.json["code"] == "storage_unavailable")
        assert not any(message_id.startswith("bad") for message_id in ledger.stored)
        check_degraded(server, ledger, refused, 503, "storage_unavailable")
        recover(client, ledger)
    assert not ledger.unknown
    assert server.stderr.count("store_fault") >= 5
    check_after_restart(server, ledger)


def test_the_number_of_faults_that_opens_the_breaker_is_configured(make_server):
    server = start(make_server, "writer.commit=IOERR@12x2", "--set", "breaker.failures_max=3")
    ledger = Ledger()
    with server.client() as client:
        send_until(client, ledger, "good", lambda reply: reply.status != 200)
        recover(client, ledger)
    assert "storage_unavailable" not in ledger.refused.values()
    assert "breaker_changed" not in server.stderr
    check_after_restart(server, ledger)


@pytest.mark.parametrize("point, hits", [("commit", "12x7"), ("write", "120x60")])
def test_a_full_disk_is_507_until_there_is_room(make_server, point, hits):
    server = start(make_server, f"writer.{point}=FULL@{hits}", "--set", "breaker.open_time_max=2s")
    ledger = Ledger()
    with server.client() as client:
        failed = send_until(client, ledger, "good", lambda reply: reply.status != 200)
        assert_problem(failed, 507, "storage_full")
        ledger.check(client)

        def is_open(reply):
            return reply.status == 507 and "breaker_changed from=closed to=open" in server.stderr

        refused = send_until(client, ledger, "bad", is_open)
        check_degraded(server, ledger, refused, 507, "storage_full")
        recover(client, ledger)
    assert not ledger.unknown
    check_after_restart(server, ledger)


class Sender(threading.Thread):
    """Sends so many messages one after another and notes the answers."""

    def __init__(self, server, name, count):
        super().__init__(daemon=True)
        self.server = server
        self.label = name
        self.count = count
        self.replies = []

    def run(self):
        with self.server.client() as client:
            for number in range(self.count):
                message_id = f"{self.label}-{number}"
                self.replies.append((message_id, post(client, message_id)))


def send_together(server, senders, each, meanwhile=lambda: None):
    """`senders` at a time send `each` messages; the ledger of it all."""
    threads = [Sender(server, f"s{index}", each) for index in range(senders)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        meanwhile()
        time.sleep(0.002)
    ledger = Ledger()
    for thread in threads:
        assert len(thread.replies) == each, "a sender broke off"
        for message_id, reply in thread.replies:
            ledger.note(message_id, reply)
    return ledger


def test_a_slow_disk_makes_groups_and_does_not_slow_reads(make_server):
    delay = 0.05
    server = start(make_server, "writer.sync=delay:50ms@1x1000000")
    times = []
    with server.client() as client:
        assert post(client, "first").status == 200
        before = client.get("/metrics").body.decode()

        def read():
            began = time.monotonic()
            assert len(client.inbox(AGENT, project=PROJECT)) >= 1
            times.append((time.monotonic() - began) / 2)  # two pages: the last one is empty

        ledger = send_together(server, 16, 10, read)
        after = client.get("/metrics").body.decode()
        assert len(ledger.stored) == 160, ledger.refused
        ledger.stored["first"] = 1
        ledger.check(client)

    def gained(suffix):
        name = f"intermute_writer_batch_changes_{suffix}"
        return metric(after, name) - metric(before, name)

    assert gained("sum") >= 160
    assert gained("sum") / gained("count") >= 4, "sends that wait for one disk are not grouped"
    assert len(times) >= 10
    assert statistics.median(times) < delay * (4 if SANITIZED else 0.5), "reads wait for the disk"


FLICKER = ";".join(f"writer.{{0}}=IOERR@{first}x2" for first in range(15, 400, 9))


def test_a_commit_that_is_told_as_failed_is_looked_up(make_server):
    server = start(make_server, FLICKER.format("commit_after"))
    ledger = send_together(server, 4, 40)
    assert not ledger.refused
    assert len(ledger.stored) + len(ledger.unknown) == 160
    assert len(ledger.stored) >= 40
    assert server.stderr.count("store_fault") >= 3
    check_after_restart(server, ledger)


def test_failing_syncs_never_give_a_yes_that_is_lost(make_server):
    server = start(make_server, FLICKER.format("sync"))
    ledger = send_together(server, 4, 40)
    assert len(ledger.stored) >= 40
    assert server.stderr.count("store_fault") >= 3
    check_after_restart(server, ledger)
