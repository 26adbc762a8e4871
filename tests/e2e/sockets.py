"""What the tests of the push channel share: connecting and receiving."""

import asyncio
import base64
import contextlib
import json

import pytest
import websockets
from support import PATIENCE, part, with_query

HANDSHAKE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
             "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode()}
ACCEPT = "BACScCJPNqyz+UBoqMH89VmURoA="  # RFC 6455 section 4.2.2, of the key above


def websocket(server, agent, project=None, since=None, **options):
    """A WebSocket as an asynchronous context; `options` go to websockets.connect."""
    query = {"project": project, "since_cursor": since}
    url = f"ws://127.0.0.1:{server.port}" + with_query(f"/ws/agents/{part(agent)}", query)
    # No bound on what waits unread: else a close could wait for somebody who reads.
    fixed = {"open_timeout": PATIENCE, "close_timeout": PATIENCE, "ping_interval": None,
             "max_queue": None}
    return websockets.connect(url, **{**fixed, **options})


@contextlib.asynccontextmanager
async def subscribed(server, *wanted, since=None):
    """One socket for each (agent, project)."""
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(websocket(server, agent, project, since))
               for agent, project in wanted]


async def receive(ws, count=1, seconds=PATIENCE):
    """The next `count` events; each is one text message that ends in a newline."""
    found = []
    for _ in range(count):
        text = await asyncio.wait_for(ws.recv(), seconds)
        assert isinstance(text, str) and text.endswith("\n"), text
        found.append(json.loads(text))
    return found


async def silent(ws, seconds=0.15):
    """Nothing comes in a short while."""
    with pytest.raises(asyncio.TimeoutError):
        unexpected = await asyncio.wait_for(ws.recv(), seconds)
        pytest.fail(f"unexpected event {unexpected}")
