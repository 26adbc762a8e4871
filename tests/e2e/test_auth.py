"""Who is let in where: every route for every caller, keys, tokens, operators, a change of keys."""

import concurrent.futures
import signal
import uuid

import pytest
import yaml
from sockets import HANDSHAKE
from support import ROOT, Server, assert_problem, request_bytes, wait_for

REMOTE = {"X-Forwarded-For": "203.0.113.10"}  # a proxy of this machine, for somebody elsewhere
KEYS = {"p": "key-of-p", "q": "key-of-q", "operator": "key-of-operators"}
NO_KEY = (401, "unauthorized")
NO_TOKEN = (401, "agent_token_unknown")
NO_MATCH = (403, "agent_identity_mismatch")
NO_OPERATOR = (403, "operator_required")
NO_PROJECT = (403, "project_mismatch")
NO_OWNER = (403, "not_reservation_owner")
NO_AGENT = (404, "agent_not_found")
FINE = None


def bearer(name):
    return {"Authorization": f"Bearer {KEYS.get(name, name)}"}


def write_keys(path, localhost=True, operators=(KEYS["operator"],), **projects):
    """A keys file that lists every project with its keys."""
    projects = projects or {"p": [KEYS["p"]], "q": [KEYS["q"]]}
    path.write_text(yaml.safe_dump({
        "default_policy": {"allow_localhost_without_auth": localhost},
        "projects": {name: {"keys": list(keys)} for name, keys in projects.items()},
        **({"operators": list(operators)} if operators else {})}))
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def server(folder):
    """A server with keys of two projects and of operators, which lets this machine in."""
    with Server(env={"INTERMUTE_KEYS_FILE": str(write_keys(folder / "keys.yaml"))}) as running:
        yield running
        print(running.log_tail())


# ---- Every route for every caller --------------------------------------------------------------
#
# Per operation: method, path, body, and what a key of another project gets. `{me}` is an agent of
# project p that the caller acts as, `{message}` a message of p, `{hold}` a reservation of `{me}`.

P = "project=p"
OPERATIONS = {
    "registerAgent": ("POST", "/api/agents", {"name": "x", "project": "p"}, NO_PROJECT),
    "listAgents": ("GET", f"/api/agents?{P}", None, NO_PROJECT),
    "listPresence": ("GET", f"/api/agents/presence?{P}", None, NO_PROJECT),
    "getAgent": ("GET", "/api/agents/{me}", None, NO_AGENT),
    "heartbeatAgent": ("POST", "/api/agents/{me}/heartbeat", {}, NO_AGENT),
    "patchMetadata": ("PATCH", "/api/agents/{me}/metadata", {"metadata": {"k": "v"}}, NO_AGENT),
    "getPolicy": ("GET", "/api/agents/{me}/policy", None, NO_AGENT),
    "setPolicy": ("POST", "/api/agents/{me}/policy", {"policy": "auto"}, NO_AGENT),
    "replacePolicy": ("PUT", "/api/agents/{me}/policy", {"policy": "open"}, NO_AGENT),
    "listContacts": ("GET", "/api/agents/{me}/contacts", None, NO_AGENT),
    "addContact": ("PUT", "/api/agents/{me}/contacts/bob", None, NO_AGENT),
    "removeContact": ("DELETE", "/api/agents/{me}/contacts/bob", None, NO_AGENT),
    "retireAgent": ("POST", "/api/agents/{me}/retire", None, NO_AGENT),
    "unretireAgent": ("POST", "/api/agents/{me}/unretire", None, NO_AGENT),
    "listProjects": ("GET", "/api/projects", None, FINE),
    "sendMessage": ("POST", "/api/messages",
                    {"from": "{me}", "to": ["bob"], "project": "p", "body": "x"}, NO_PROJECT),
    "getMessage": ("GET", f"/api/messages/{{message}}?{P}&agent={{me}}", None, NO_PROJECT),
    "readMessage": ("POST", f"/api/messages/{{message}}/read?{P}", {"agent": "{me}"}, NO_PROJECT),
    "ackMessage": ("POST", f"/api/messages/{{message}}/ack?{P}", {"agent": "{me}"}, NO_PROJECT),
    "readInbox": ("GET", f"/api/inbox/{{me}}?{P}", None, NO_PROJECT),
    "countInbox": ("GET", f"/api/inbox/{{me}}/counts?{P}", None, NO_PROJECT),
    "listStaleAcks": ("GET", f"/api/inbox/{{me}}/stale-acks?{P}", None, NO_PROJECT),
    "listThreads": ("GET", f"/api/threads?{P}&agent={{me}}", None, NO_PROJECT),
    "readThread": ("GET", f"/api/threads/thread-of-p?{P}", None, NO_PROJECT),
    "readTopic": ("GET", "/api/topics/p/topic", None, NO_PROJECT),
    "broadcast": ("POST", "/api/broadcast",
                  {"from": "{me}", "project": "p", "topic": "topic", "body": "x"}, NO_PROJECT),
    "createReservation": ("POST", "/api/reservations",
                          {"agent_id": "{me}", "path_pattern": "src/{me}/**", "project": "p"},
                          NO_PROJECT),
    "listReservations": ("GET", f"/api/reservations?{P}", None, NO_PROJECT),
    "checkReservations": ("GET", f"/api/reservations/check?{P}&pattern=a", None, NO_PROJECT),
    "releaseReservation": ("DELETE", "/api/reservations/{hold}", None,
                           (404, "reservation_not_found")),
    "subscribeAgent": ("GET", f"/ws/agents/{{me}}?{P}", None, NO_PROJECT),
    "getHealth": ("GET", "/health", None, FINE),
    "getVersion": ("GET", "/api/version", None, FINE),
    "getMetrics": ("GET", "/metrics", None, NO_OPERATOR),
}
OPEN = {"getHealth"}
FOR_OPERATORS = {"getMetrics"}


def callers(me, token):
    """Name -> headers, refusal on the usual routes, refusal on those for operators."""
    named, proven = {"X-Agent-ID": me}, {"X-Agent-Token": token}
    wrong = {"X-Agent-Token": "0" * 32}
    return {
        "local": ({}, FINE, NO_OPERATOR),
        "local, names an agent": (named, FINE, NO_OPERATOR),
        "local, token": (proven, FINE, NO_OPERATOR),
        "local, token of another": ({**proven, "X-Agent-ID": "bob"}, NO_MATCH, NO_MATCH),
        "local, wrong token": (wrong, NO_TOKEN, NO_TOKEN),
        "local, wrong key": (bearer("guess"), FINE, NO_OPERATOR),
        "local, foreign key": (bearer("q"), FINE, NO_OPERATOR),
        "local, operator's key": ({**bearer("operator"), **named}, FINE, FINE),
        "key": ({**REMOTE, **bearer("p")}, FINE, NO_OPERATOR),
        "key, token": ({**REMOTE, **bearer("p"), **proven}, FINE, NO_OPERATOR),
        "key, wrong token": ({**REMOTE, **bearer("p"), **wrong}, NO_TOKEN, NO_TOKEN),
        "foreign key": ({**REMOTE, **bearer("q")}, "foreign", NO_OPERATOR),
        "foreign key, token": ({**REMOTE, **bearer("q"), **proven}, NO_MATCH, NO_MATCH),
        "operator's key": ({**REMOTE, **bearer("operator")}, FINE, FINE),
        "wrong key": ({**REMOTE, **bearer("guess")}, NO_KEY, NO_KEY),
        "token alone": ({**REMOTE, **proven}, NO_KEY, NO_KEY),
        "nothing": (REMOTE, NO_KEY, NO_KEY),
    }


def expected(operation, caller):
    headers, usual, of_operators = caller
    if operation in OPEN:
        return FINE
    if operation in FOR_OPERATORS:
        return of_operators
    if operation == "releaseReservation" and usual is FINE and not {"X-Agent-ID",
                                                                    "X-Agent-Token"} & {*headers}:
        return NO_OWNER  # An owner says who it is.
    return OPERATIONS[operation][3] if usual == "foreign" else usual


def filled(value, names):
    """`value` with `{me}` and the like replaced, also inside of objects and lists."""
    if isinstance(value, dict):
        return {key: filled(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if not isinstance(value, str):
        return value
    for name, text in names.items():
        value = value.replace("{" + name + "}", text)
    return value


def fresh_world(client):
    """An agent of project p with a message and a reservation, as names for `filled`; its token."""
    registered = client.register(name="me", project="p")
    me = registered["agent_id"]
    message = client.send(me, ["bob"], project="p", body="secret of p")["message_id"]
    reply = client.post("/api/reservations", {"agent_id": me, "project": "p",
                                              "path_pattern": f"held/{uuid.uuid4()}"})
    assert reply.status == 201, reply
    return {"me": me, "message": message, "hold": reply.json["id"]}, registered["token"]


def perform(raw, operation, names, headers):
    method, path, body, _ = OPERATIONS[operation]
    if operation == "subscribeAgent":
        headers = {**HANDSHAKE, **headers}
    return raw.exchange(request_bytes(method, filled(path, names), filled(body, names), headers))


def assert_outcome(reply, wanted, what):
    if wanted is FINE:
        assert reply.status in (101, 200, 201), (what, reply)
        return
    status, code = wanted
    assert reply.status == status, (what, reply)
    assert_problem(reply, status, code)
    if status == 401:
        assert reply.headers["www-authenticate"] == "Bearer", (what, reply)


def test_the_table_has_every_operation():
    document = yaml.safe_load((ROOT / "api/openapi.yaml").read_text())
    listed = {operation["operationId"] for path in document["paths"].values()
              for operation in path.values() if isinstance(operation, dict)}
    assert OPERATIONS.keys() == listed


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_caller(server, http, operation):
    for name in callers("", ""):
        names, token = fresh_world(http)
        caller = callers(names["me"], token)[name]
        with server.raw() as raw:
            reply = perform(raw, operation, names, caller[0])
        assert_outcome(reply, expected(operation, caller), name)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_refusals_come_before_the_method_is_looked_at(server, operation):
    path = filled(OPERATIONS[operation][1], {"me": "x", "message": "x", "hold": "x"})
    with server.raw() as raw:
        reply = raw.exchange(request_bytes("OPTIONS", path, headers=REMOTE))
    if operation in OPEN:
        assert_problem(reply, 405, "method_not_allowed")
    else:
        assert_problem(reply, 401, "unauthorized")
        assert "allow" not in reply.headers


@pytest.mark.parametrize("path, status", [("/nope", 404), ("/api/nope", 404), ("/api/inbox", 301),
                                          ("/api//agents", 301), ("/api/inbox/%zz", 400)])
def test_what_needs_no_identity(server, path, status):
    with server.raw() as raw:
        assert raw.exchange(request_bytes("GET", path, headers=REMOTE)).status == status


# ---- Keys --------------------------------------------------------------------------------------

UNSCOPED = ["/api/agents", "/api/agents/presence", "/api/projects", "/api/inbox/bob",
            "/api/inbox/bob/counts", "/api/inbox/bob/stale-acks?ttl_seconds=0",
            "/api/threads?agent=bob", "/api/threads/thread-of-p", "/api/reservations",
            "/api/reservations?agent={me}", "/api/topics/q/topic"]


def test_without_a_project_a_key_sees_its_own(server, http):
    names, _ = fresh_world(http)
    http.send(names["me"], ["bob"], project="p", body="secret of p", topic="topic",
              thread_id="thread-of-p", ack_required=True)
    secrets = [*names.values(), "secret of p"]
    for path in UNSCOPED:
        reply = http.call("GET", filled(path, names), headers={**REMOTE, **bearer("q")})
        assert reply.status == 200, (path, reply)
        assert not [one for one in secrets if one.encode() in reply.body], (path, reply)
    assert http.get("/api/inbox/bob/counts", project="p").json["total"] > 0
    reply = http.call("GET", "/api/inbox/bob/counts", headers={**REMOTE, **bearer("q")})
    assert reply.json["total"] == 0


def test_objects_of_other_projects_are_hidden_by_their_id(http):
    names, _ = fresh_world(http)
    foreign = {**REMOTE, **bearer("q")}
    assert_problem(http.call("GET", f"/api/messages/{names['message']}", headers=foreign), 404,
                   "message_not_found")
    for operation in ("getAgent", "listContacts"):
        path = filled(OPERATIONS[operation][1], names)
        real = http.call("GET", path, headers=foreign)
        unknown = http.call("GET", path.replace(names["me"], str(uuid.uuid4())), headers=foreign)
        assert_problem(real, 404, "agent_not_found")
        assert real.json["detail"] == unknown.json["detail"], "an answer that tells them apart"


def test_what_a_foreign_key_tried_did_not_happen(server, http):
    names, _ = fresh_world(http)
    foreign = {**REMOTE, **bearer("q")}

    def picture():
        return [http.get(path).json for path in
                (f"/api/agents/{names['me']}/policy", f"/api/agents/{names['me']}/contacts",
                 "/api/reservations?project=p", f"/api/inbox/{names['me']}?project=p",
                 "/api/inbox/bob?project=p", "/api/agents/presence?project=p")]

    before = picture()
    for operation, (method, _, _, outcome) in OPERATIONS.items():
        if method != "GET" and outcome is not FINE:
            with server.raw() as raw:
                assert_outcome(perform(raw, operation, names, foreign), outcome, operation)
    assert picture() == before


SCHEMES = [("Bearer {}", 200), ("bearer {}", 200), ("BEARER {}", 200), ("Bearer   {} ", 200),
           ("{}", 401), ("Bearer", 401), ("Bearer\t{}", 401), ("Basic {}", 401),
           ("Bearer {}x", 401), ("Bearer {} {}", 401), ("Token {}", 401)]


@pytest.mark.parametrize("form, status", SCHEMES, ids=lambda value: str(value))
def test_the_form_of_a_key(http, form, status):
    headers = {**REMOTE, "Authorization": form.replace("{}", KEYS["p"])}
    assert http.call("GET", "/api/agents", headers=headers).status == status


FORWARDED = [
    # X-Forwarded-For -> whether it is local (contract 2)
    ("", True), ("  ", True), ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True),
    ("::ffff:127.0.0.1", True), ("localhost", True), ("LOCALHOST", True),
    ("127.0.0.1, 203.0.113.10", True), (", 203.0.113.10", True),
    ("203.0.113.10", False), ("203.0.113.10, 127.0.0.1", False), ("127.0.0.1:99", False),
    ("[::1]", False), ("::1%lo", False), ("unknown", False), ("10.0.0.1", False),
]


@pytest.mark.parametrize("value, local", FORWARDED, ids=lambda value: str(value) or "empty")
def test_who_is_local_behind_a_proxy(http, value, local):
    reply = http.call("GET", "/api/agents", headers={"X-Forwarded-For": value})
    assert reply.status == (200 if local else 401), reply


def test_only_the_first_line_of_a_header_counts(server):
    def status(*lines):
        head = "\r\n".join(["GET /api/agents HTTP/1.1", "Host: localhost", *lines, "", ""])
        with server.raw() as raw:
            return raw.exchange(head.encode()).status

    local, remote = "X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 203.0.113.10"
    good, bad = f"Authorization: Bearer {KEYS['p']}", "Authorization: Bearer guess"
    assert status(local, remote) == 200
    assert status(remote, local) == 401
    assert status(remote, good, bad) == 200
    assert status(remote, bad, good) == 401


# ---- Tokens ------------------------------------------------------------------------------------

def test_a_token_works_the_moment_it_is_returned(server):
    def register_and_use(index):
        with server.client() as registrar, server.client() as user:
            for _ in range(25):
                made = registrar.register(name=f"agent-{index}", project="p")
                reply = user.call("POST", f"/api/agents/{made['agent_id']}/heartbeat", {},
                                  {"X-Agent-Token": made["token"]})
                assert reply.status == 200, reply

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(register_and_use, range(8)))


def test_a_token_acts_as_its_agent_and_as_no_other(http):
    names, token = fresh_world(http)
    proven = {"X-Agent-Token": token}
    for operation in ("heartbeatAgent", "patchMetadata", "setPolicy", "addContact", "retireAgent"):
        method, path, body, _ = OPERATIONS[operation]
        reply = http.call(method, filled(path, {"me": "bob"}), body, proven)
        assert_problem(reply, *NO_MATCH)
    for operation in ("sendMessage", "readMessage", "broadcast", "createReservation"):
        method, path, body, _ = OPERATIONS[operation]
        other = filled(body, {"me": "bob"})
        assert_problem(http.call(method, filled(path, names), other, proven), *NO_MATCH)
    # What is read is not restricted.
    assert http.call("GET", "/api/inbox/bob?project=p", headers=proven).status == 200


def test_the_token_of_an_agent_out_of_service_is_dead(http):
    names, token = fresh_world(http)
    proven = {"X-Agent-Token": token}
    assert http.call("POST", f"/api/agents/{names['me']}/retire", headers=proven).status == 200
    assert_problem(http.call("GET", "/api/agents", headers=proven), *NO_TOKEN)


def test_writes_can_be_made_to_need_a_token(make_server, tmp_path):
    keys = write_keys(tmp_path / "keys.yaml")
    server = make_server("--set", "auth.require_agent_token=true",
                         env={"INTERMUTE_KEYS_FILE": str(keys)})
    with server.client() as client:
        registered = client.register(name="me", project="p")
        message = {"from": registered["agent_id"], "to": ["bob"], "project": "p"}
        assert_problem(client.post("/api/messages", message), 401, "agent_token_required")
        named = {"X-Agent-ID": registered["agent_id"]}
        assert_problem(client.call("POST", "/api/messages", message, named), 401,
                       "agent_token_required")
        for headers in ({"X-Agent-Token": registered["token"]}, bearer("operator"),
                        {**REMOTE, **bearer("operator")}):
            assert client.call("POST", "/api/messages", message, headers).status == 200, headers
        assert client.get("/api/inbox/bob", project="p").status == 200


# ---- Operators ---------------------------------------------------------------------------------

def test_this_machine_operates_until_there_is_an_operator_key(make_server, tmp_path):
    keys = write_keys(tmp_path / "keys.yaml", operators=())
    server = make_server(env={"INTERMUTE_KEYS_FILE": str(keys)})
    with server.client() as client:
        token = client.register(name="me", project="p")["token"]
        assert client.get("/metrics").status == 200
        for headers, wanted in (({"X-Agent-ID": "me"}, NO_OPERATOR),
                                ({"X-Agent-Token": token}, NO_OPERATOR),
                                ({**REMOTE, **bearer("p")}, NO_OPERATOR), (REMOTE, NO_KEY)):
            assert_problem(client.call("GET", "/metrics", headers=headers), *wanted)


def test_a_setting_keeps_this_machine_from_operating(make_server):
    server = make_server("--set", "admin.allow_localhost=false")
    with server.client() as client:
        assert_problem(client.get("/metrics"), *NO_OPERATOR)
        assert client.get("/api/agents").status == 200


# ---- Changing the keys -------------------------------------------------------------------------

def test_new_keys_are_in_force_on_connections_that_stay(make_server, tmp_path):
    path = write_keys(tmp_path / "keys.yaml")
    server = make_server(env={"INTERMUTE_KEYS_FILE": str(path)})
    poll = "/api/agents"
    with server.client() as local, server.client() as key:
        def status(client, headers):
            return client.call("GET", poll, headers=headers).status

        old, new = {**REMOTE, **bearer("p")}, {**REMOTE, "Authorization": "Bearer fresh"}
        assert (status(local, {}), status(key, old), status(key, new)) == (200, 200, 401)
        write_keys(path, localhost=False, p=["fresh"])
        assert (status(local, {}), status(key, old), status(key, new)) == (200, 200, 401)
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: status(key, new) == 200, "the new key opens")
        assert (status(local, {}), status(key, old), status(key, new)) == (401, 401, 200)

        path.write_text("projects: [")  # What cannot be read changes nothing.
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reload_refused" in server.stderr + server.stdout, "the refusal is logged")
        assert (status(local, {}), status(key, old), status(key, new)) == (401, 401, 200)


def test_no_secret_is_logged(server, http):
    _, token = fresh_world(http)
    http.call("GET", "/api/agents", headers={**REMOTE, **bearer("p"), "X-Agent-Token": token})
    http.call("GET", "/api/agents", headers={**REMOTE, **bearer("a-wrong-key")})
    text = server.stdout + server.stderr
    for secret in (*KEYS.values(), token, "a-wrong-key"):
        assert secret not in text, "a secret is in the log"
