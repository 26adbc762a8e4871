"""A server with nothing to do: little memory, no processor time, ready soon."""

import time

import pytest
from support import SANITIZED

RSS_MAX = 20_000_000  # bytes
CPU_SHARE_MAX = 0.01
SECONDS = 3

pytestmark = pytest.mark.skipif(SANITIZED, reason="sanitizers need memory and time of their own")


def test_an_idle_server_is_small_and_quiet(server):
    print(f"start to ready: {server.ready_ms:.0f} ms")
    time.sleep(0.5)  # what a start leaves behind settles
    before, begun = server.cpu_seconds(), time.monotonic()
    time.sleep(SECONDS)
    share = (server.cpu_seconds() - before) / (time.monotonic() - begun)
    rss = server.rss_kib() * 1024
    print(f"idle: {rss / 1e6:.1f} MB, {share:.2%} of a core")
    assert rss <= RSS_MAX
    assert share < CPU_SHARE_MAX
    with server.client() as client:
        assert client.get("/health").status == 200
