"""A small mailbox under many connections: useful refusals, bounded memory, nothing lost."""

import contextlib
import time
import uuid

from support import SANITIZED, assert_problem, request_bytes

CONNECTIONS = 256
PIPELINED = 4  # requests that each connection sends before it reads an answer
SECONDS = 3
PROJECT = "crowd"
RSS_KIB_MAX = 256 * 1024
CLASSES = {"directory", "project", "inbox", "reservations", "push", "writer"}

SERVER_ARGS = ("--set", "mailboxes.project.capacity=64")


def burst(crowd):
    """One round: everybody sends, then everybody reads; the answers."""
    for index, raw in enumerate(crowd):
        message = {"from": f"sender-{index}", "to": ["sink"], "project": PROJECT, "body": "x" * 300}
        raw.send(request_bytes("POST", "/api/messages", message) * PIPELINED)
    return [raw.read_response() for raw in crowd for _ in range(PIPELINED)]


def test_a_burst_is_refused_politely_and_loses_nothing(server, http):
    accepted, refused, rss = [], [], []
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(server.raw()) for _ in range(CONNECTIONS)]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for reply in burst(crowd):
                (accepted if reply.status == 200 else refused).append(reply)
            rss.append(server.rss_kib())
        first_after = http.post("/api/messages",
                                {"from": "late", "to": ["sink"], "project": PROJECT})
    print(f"{len(accepted)} accepted, {len(refused)} refused, RSS at most {max(rss)} KiB")
    assert first_after.status == 200, first_after
    assert accepted, "some get through"
    assert refused, "a mailbox of 64 places cannot hold 256 connections"
    for reply in refused:
        problem = assert_problem(reply, reply.status, "mailbox_full")
        assert reply.status in (429, 503)
        assert int(reply.headers["retry-after"]) >= 1
        assert problem["mailbox"] in CLASSES, problem
    assert SANITIZED or max(rss) < RSS_KIB_MAX

    acknowledged = {reply.json["message_id"]: reply.json["cursor"] for reply in accepted}
    acknowledged[first_after.json["message_id"]] = first_after.json["cursor"]
    inbox = http.inbox("sink", project=PROJECT)
    assert {message["id"]: message["cursor"] for message in inbox} == acknowledged
    assert len(inbox) == len(acknowledged), "once each"
    assert http.counts("sink", PROJECT)["total"] == len(acknowledged)


def test_a_crowded_project_leaves_the_others_alone(server):
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(server.raw()) for _ in range(CONNECTIONS)]
        quiet = stack.enter_context(server.client())
        end = time.monotonic() + 1
        while time.monotonic() < end:
            for index, raw in enumerate(crowd):
                message = {"from": f"s-{index}", "to": ["sink"], "project": PROJECT}
                raw.send(request_bytes("POST", "/api/messages", message))
            assert quiet.send("calm", [str(uuid.uuid4())], project="quiet")["cursor"] > 0
            for raw in crowd:
                assert raw.read_response().status in (200, 429, 503)
