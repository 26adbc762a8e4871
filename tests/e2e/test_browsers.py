"""Web pages must not reach a server that trusts its machine: Host, Origin and Sec-Fetch-Site on
every kind of route, for those who are let in for being here and for those who have a key."""

import itertools

import pytest
import yaml
from sockets import HANDSHAKE
from support import Server, assert_problem, request_bytes

KEY = {"X-Forwarded-For": "203.0.113.10", "Authorization": "Bearer the-key"}

# Which Host, which Origin and which Sec-Fetch-Site a page sends, and what keeps it out.
HOSTS = {
    "127.0.0.1": None, "127.0.0.1:{port}": None, "localhost:{port}": None, "LOCALHOST": None,
    "[::1]:{port}": None, "allowed.example:80": None,
    "evil.example": (421, "host_not_allowed"), "evil.example:{port}": (421, "host_not_allowed"),
    "localhost.evil.example": (421, "host_not_allowed"), "127.0.0.1.nip.example":
    (421, "host_not_allowed"), "192.168.0.1": (421, "host_not_allowed"),
    "localhost:evil": (421, "host_not_allowed"),
}
ORIGINS = {
    None: None, "http://{host}": None, "https://{host}": None,
    "http://evil.example": (403, "cross_origin"), "http://localhost:1": (403, "cross_origin"),
    "http://{host}.evil.example": (403, "cross_origin"), "null": (403, "cross_origin"),
    "file://": (403, "cross_origin"), "": (403, "cross_origin"),
    "chrome-extension://abcdef": (403, "cross_origin"),
}
SITES = {None: None, "none": None, "same-origin": None, "cross-site": (403, "cross_origin")}
ROUTES = [("GET", "/api/agents", {}), ("POST", "/api/messages/m/read", {}),
          ("DELETE", "/api/reservations/r", {}), ("GET", "/metrics", {}),
          ("GET", "/ws/agents/b", HANDSHAKE)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys") / "keys.yaml"
    keys.write_text(yaml.safe_dump({"projects": {"p": {"keys": ["the-key"]}}}))
    keys.chmod(0o600)
    with Server("--set", "server.allowed_hosts=allowed.example",
                env={"INTERMUTE_KEYS_FILE": str(keys)}) as running:
        yield running
        print(running.log_tail())


def page_headers(server, host, origin, site):
    host = host.format(port=server.port)
    headers = {"Host": host}
    if origin is not None:
        headers["Origin"] = origin.format(host=host)
    if site is not None:
        headers["Sec-Fetch-Site"] = site
    return headers


def ask(server, method, path, headers):
    with server.raw() as raw:
        return raw.exchange(request_bytes(method, path, headers=headers))


def is_let_in(reply):
    """Whatever a route says of the request itself."""
    return reply.status in (101, 200, 404) or reply.json["code"] not in (
        "host_not_allowed", "cross_origin", "unauthorized")


PAGES = list(itertools.product(HOSTS, ORIGINS, SITES))


@pytest.mark.parametrize("host", HOSTS)
def test_pages_that_ask_as_this_machine(server, host):
    for origin, site in itertools.product(ORIGINS, SITES):
        headers = page_headers(server, host, origin, site)
        refusal = HOSTS[host] or ORIGINS[origin] or SITES[site]
        for method, path, more in ROUTES:
            reply = ask(server, method, path, {**more, **headers})
            if refusal:
                assert_problem(reply, *refusal)
            else:
                assert is_let_in(reply), (method, path, headers, reply)


@pytest.mark.parametrize("host", HOSTS)
def test_a_key_says_enough_but_for_a_websocket(server, host):
    """A page has no key to send; yet a WebSocket is only for pages of its own host."""
    for origin, site in itertools.product(ORIGINS, SITES):
        headers = {**page_headers(server, host, origin, site), **KEY}
        foreign = ORIGINS[origin] and headers["Origin"] != f"http://{headers['Host']}"
        for method, path, more in ROUTES:
            reply = ask(server, method, path, {**more, **headers})
            if more and foreign:
                assert_problem(reply, *ORIGINS[origin])
            elif path == "/metrics":
                assert_problem(reply, 403, "operator_required")
            else:
                assert is_let_in(reply), (method, path, headers, reply)


def test_health_is_for_everyone(server):
    for host, origin, site in PAGES:
        assert ask(server, "GET", "/health", page_headers(server, host, origin, site)).status == 200


def test_a_page_that_asks_first_is_told_nothing(server):
    preflight = {"Host": f"127.0.0.1:{server.port}", "Origin": "http://evil.example",
                 "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization"}
    reply = ask(server, "OPTIONS", "/api/messages", preflight)
    assert_problem(reply, 403, "cross_origin")
    assert not [name for name in reply.headers if name.startswith("access-control-")]


def test_no_answer_ever_lets_other_origins_read_it(server):
    for method, path, more in ROUTES:
        origin = {"Host": "localhost", "Origin": "http://localhost"}
        reply = ask(server, method, path, {**more, **origin})
        assert not [name for name in reply.headers if name.startswith("access-control-")], reply


def test_a_refused_page_changes_nothing(server):
    with server.client() as client:
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                        {"Host": "evil.example"}):
            message = {"from": "page", "to": ["victim"]}
            reply = client.call("POST", "/api/messages", message, headers)
            assert reply.status in (403, 421), reply
        assert client.inbox("victim") == []
