"""A network that is hostile or dead: no descriptor left (promise N2), peers that sleep (N7)."""

import contextlib
import resource
import signal
import subprocess
import sys
import time

import pytest
from support import (PATIENCE, SANITIZED, clean_environment, metric, request_bytes,
                     wait_for)

DESCRIPTORS = 128
CONNECTIONS = 250

LISTENER = """
import asyncio, sys, websockets

async def listen():
    async with websockets.connect(sys.argv[1], ping_interval=None) as ws:
        print("listening", flush=True)
        try:
            async for event in ws:
                print(event, end="", flush=True)
        except websockets.ConnectionClosed:
            pass
        print("closed", flush=True)

asyncio.run(listen())
"""


def sockets(client):
    return metric(client.get("/metrics").body.decode(), "intermute_websocket_connections")


@pytest.mark.skipif(SANITIZED, reason="UBSan's vptr check itself needs a free descriptor (a pipe) "
                                      "and reports falsely when there is none")
def test_without_descriptors_the_server_goes_on_and_accepts_again(make_server):
    server = make_server()
    with server.client() as client, contextlib.ExitStack() as crowd:
        assert client.send("alice", ["bob"])["cursor"] > 0
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        many = [crowd.enter_context(server.raw()) for _ in range(CONNECTIONS)]
        for raw in many:
            raw.send(request_bytes("GET", "/health"))
        served = [raw for raw in many[:DESCRIPTORS // 2] if raw.read_response().status == 200]
        wait_for(lambda: "accept_failed" in server.stderr + server.stdout, "it ran out of them")
        assert client.send("alice", ["bob"])["cursor"] > 0, "who is connected is served"
        assert server.process.poll() is None
        # Who waits in the kernel's queue is served once others have gone.
        for raw in served:
            raw.socket.close()
        for raw in many[len(served):]:
            assert raw.read_response().status == 200
            raw.socket.close()
        with server.raw() as late:
            assert late.exchange(request_bytes("GET", "/health")).status == 200
        text = client.get("/metrics").body.decode()
        assert metric(text, "intermute_http_connections") < DESCRIPTORS
        assert len(client.inbox("bob")) == 2


def test_a_client_that_sleeps_is_dropped_and_one_that_lives_stays(make_server):
    server = make_server("--set", "websocket.idle_timeout=2s")
    url = f"ws://127.0.0.1:{server.port}/ws/agents/bob?project=p"
    with subprocess.Popen([sys.executable, "-c", LISTENER, url], stdout=subprocess.PIPE, text=True,
                          env=clean_environment(server.directory)) as listener, \
            server.client() as client:
        try:
            assert listener.stdout.readline() == "listening\n"
            # It answers pings: an event comes through after more than one idle time.
            time.sleep(2.5)
            client.send("alice", ["bob"], project="p", id="heard")
            assert '"heard"' in listener.stdout.readline()
            assert sockets(client) == 1

            listener.send_signal(signal.SIGSTOP)
            client.send("alice", ["bob"], project="p", id="missed")
            wait_for(lambda: sockets(client) == 0, "the dead socket is gone", PATIENCE)
            client.send("alice", ["bob"], project="p", id="later")
            listener.send_signal(signal.SIGCONT)
            rest = listener.stdout.read()
            assert '"later"' not in rest and rest.endswith("closed\n"), rest
        finally:
            listener.kill()
