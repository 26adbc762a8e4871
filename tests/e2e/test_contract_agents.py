"""Agents on the wire: register, session reuse, list, get, heartbeat."""

import re
import sqlite3
import uuid

import pytest
from support import SECONDS_TIME, UUID, assert_problem, part, wait_for

REGISTER_REPLY = {"agent_id", "session_id", "name", "token", "cursor"}
AGENT = {"agent_id", "session_id", "name", "project", "capabilities", "metadata", "status",
         "last_seen", "created_at"}
SESSION = "0f8fad5b-d9cb-469f-a165-70867728950e"
ACTIVE = ("active_session_conflict", "session_id is in use by an active agent")

REGISTERED = [
    # what is sent -> what the agent then looks like
    ({"name": "alice", "project": "p1"},
     {"name": "alice", "project": "p1", "capabilities": None, "metadata": None, "status": ""}),
    ({"name": " spaced ", "project": "  p2  "}, {"name": " spaced ", "project": "p2"}),
    ({"name": "nowhere"}, {"project": ""}),
    ({"name": "a", "capabilities": [], "metadata": {}}, {"capabilities": [], "metadata": {}}),
    ({"name": "a", "capabilities": ["x", "y"], "metadata": {"k": "v"}, "status": "busy"},
     {"capabilities": ["x", "y"], "metadata": {"k": "v"}, "status": "busy"}),
    ({"name": "a", "capabilities": None, "metadata": None, "status": None},
     {"capabilities": None, "metadata": None, "status": ""}),
    ({"name": "a", "id": "mine", "unknown": [1, {"x": None}]}, {"name": "a"}),
    ('{"name":"first","name":"last"}', {"name": "last"}),
    ('{"name":"a"} and more', {"name": "a"}),
    ({"name": "<ünïcode & 漢字 \u2028 \x01 \">"}, {"name": "<ünïcode & 漢字 \u2028 \x01 \">"}),
    ('{"name":"tail \\ud800 end"}', {"name": "tail \ufffd end"}),
]

SESSION_SPELLINGS = ["{0}", "urn:uuid:{0}", "URN:UUID:{0}", "{{{0}}}", "bare {0}", "upper {0}"]

BAD_SESSIONS = ["unknown", "0f8fad5b-d9cb-469f-a165", "0f8fad5b-d9cb-469f-a165-70867728950g",
                "0f8fad5bd9cb-469f-a165-70867728950e", "00000000-0000-0000-0000-0000000000000"]

HEARTBEATS = [
    # body, status, error text
    (None, 200, None),
    ({}, 200, None),
    ("null", 200, None),
    ({"focus_state": ""}, 200, None),
    ({"focus_state": "at-prompt"}, 200, None),
    ({"focus_state": "tool-use"}, 200, None),
    ({"focus_state": "thinking"}, 200, None),
    ({"focus_state": "unknown"}, 200, None),
    ({"focus_state": "x"}, 400, "invalid focus_state"),
    ({"focus_state": "Thinking"}, 400, "invalid focus_state"),
    ({"focus_state": 5}, 400, None),
    ("{", 400, None),
]


@pytest.mark.parametrize("sent, expected", REGISTERED, ids=lambda value: str(value)[:40])
def test_register_and_read_back(http, sent, expected):
    reply = http.ok("POST", "/api/agents", sent)
    assert REGISTER_REPLY <= reply.keys()
    assert UUID.fullmatch(reply["agent_id"]) and UUID.fullmatch(reply["session_id"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", reply["token"])
    assert reply["cursor"] == 0
    agent = http.ok("GET", f"/api/agents/{reply['agent_id']}")
    assert AGENT <= agent.keys()
    assert "token" not in agent
    assert {key: agent[key] for key in expected} == expected
    assert agent["agent_id"] == reply["agent_id"]
    assert agent["session_id"] == reply["session_id"]
    assert SECONDS_TIME.fullmatch(agent["created_at"]), agent
    assert SECONDS_TIME.fullmatch(agent["last_seen"]), agent
    assert agent in http.ok("GET", "/api/agents")["agents"]


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "  "}, "null"], ids=str)
def test_a_blank_name_is_generated(http, body):
    assert http.ok("POST", "/api/agents", body)["name"].strip()


def test_generated_names_are_unique_in_a_project(http):
    names = [http.register(project="names")["name"] for _ in range(150)]
    assert len(set(names)) == 150


def test_chosen_names_may_repeat(http):
    first, second = (http.register(name="twin", project="twins") for _ in range(2))
    assert first["agent_id"] != second["agent_id"]
    assert first["session_id"] != second["session_id"]
    assert first["token"] != second["token"]


@pytest.mark.parametrize("spelling", SESSION_SPELLINGS)
def test_spellings_of_a_session_are_kept_and_are_different_sessions(http, spelling):
    fresh = str(uuid.uuid4())
    session = {"bare {0}": fresh.replace("-", ""),
               "upper {0}": fresh.upper()}.get(spelling, spelling.format(fresh))
    first = http.register(session_id=f"  {session} ", project="s")
    assert first["session_id"] == session
    assert_problem(http.post("/api/agents", {"session_id": session, "project": "s"}), 409, *ACTIVE)
    if session != fresh:
        assert http.register(session_id=fresh, project="s")["agent_id"] != first["agent_id"]


@pytest.mark.parametrize("session", BAD_SESSIONS)
def test_a_session_that_is_no_uuid_is_refused(http, session):
    reply = http.post("/api/agents", {"session_id": session})
    assert_problem(reply, 400, "invalid_session_id",
                   f'invalid session_id: must be a valid UUID: "{session}"')


def test_an_active_session_is_one_agent_across_projects(http):
    http.register(session_id=SESSION, project="one")
    again = http.post("/api/agents", {"session_id": SESSION, "project": "two"})
    assert_problem(again, 409, *ACTIVE)


def age_sessions(database, seconds):
    """Moves the stored last_seen of all agents back while no server has the file."""
    connection = sqlite3.connect(database)
    tables = [row[0] for row in
              connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    aged = 0
    for table in tables:
        for column in (row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')):
            if column.startswith("last_seen"):
                step = seconds * (10 ** 9 if not column.endswith("_ms") else 1000)
                aged += connection.execute(
                    f'UPDATE "{table}" SET "{column}" = "{column}" - ?', (step,)).rowcount
    connection.commit()
    connection.close()
    assert aged, "no column with the time an agent was last seen"


def test_a_session_that_was_silent_for_five_minutes_is_reused(make_server):
    server = make_server()
    session = str(uuid.uuid4())
    with server.client() as client:
        old = client.register(name="old", project="p", session_id=session, capabilities=["a"],
                              metadata={"k": "v"}, status="s")
        before = client.ok("GET", f"/api/agents/{old['agent_id']}")
        client.send("x", [old["agent_id"]], project="p", id="kept")
    server.stop()
    age_sessions(server.database, 6 * 60)
    with server.restart().client() as client:
        new = client.register(name="new", project="elsewhere", session_id=session)
        assert new["agent_id"] == old["agent_id"]
        assert new["token"] != old["token"]
        after = client.ok("GET", f"/api/agents/{old['agent_id']}")
        assert after["name"] == "new" and after["status"] == ""
        assert after["capabilities"] is None and after["metadata"] is None
        assert after["project"] == "p", "the project does not move with the session"
        assert after["created_at"] == before["created_at"]
        assert [m["id"] for m in client.inbox(old["agent_id"], project="p")] == ["kept"]
        again = client.post("/api/agents", {"session_id": session})
        assert_problem(again, 409, *ACTIVE)


LISTS = [
    # query, names in any order
    ({"project": "caps"}, {"none", "empty", "go", "go+cpp", "upper"}),
    ({"project": "caps", "capability": "go"}, {"go", "go+cpp"}),
    ({"project": "caps", "capability": " cpp , ,rust"}, {"go+cpp"}),
    ({"project": "caps", "capability": "go,cpp"}, {"go", "go+cpp"}),
    ({"project": "caps", "capability": "Go"}, {"upper"}),
    ({"project": "caps", "capability": "g"}, set()),
    ({"project": "caps", "capability": " , "}, {"none", "empty", "go", "go+cpp", "upper"}),
    ({"project": "no such project"}, set()),
    ({"project": " caps "}, set()),
]


@pytest.fixture(scope="module")
def capable(server):
    with server.client() as client:
        for name, capabilities in (("none", None), ("empty", []), ("go", ["go"]),
                                   ("go+cpp", ["cpp", "go"]), ("upper", ["Go"])):
            client.register(name=name, project="caps", capabilities=capabilities)


@pytest.mark.parametrize("query, names", LISTS, ids=lambda value: str(value))
def test_list_filters_by_project_and_capability(http, capable, query, names):
    agents = http.get("/api/agents", **query).json["agents"]
    assert {agent["name"] for agent in agents} == names
    assert len(agents) == len(names)


def test_list_without_a_project_spans_all_of_them(http, capable):
    http.register(name="far", project="far away")
    agents = http.ok("GET", "/api/agents")["agents"]
    assert {"caps", "far away"} <= {agent["project"] for agent in agents}
    assert agents == sorted(agents, key=lambda agent: agent["last_seen"], reverse=True)


def test_list_of_an_empty_store_is_an_empty_list(make_server):
    with make_server().client() as client:
        assert client.get("/api/agents").json == {"agents": []}


@pytest.mark.parametrize("agent", ["nope", str(uuid.uuid4()), "a b/c", "%"])
def test_get_of_an_unknown_agent_is_404(http, agent):
    assert_problem(http.get(f"/api/agents/{part(agent)}"), 404)


@pytest.mark.parametrize("body, status, error", HEARTBEATS, ids=lambda value: str(value))
def test_heartbeat(http, body, status, error):
    agent = http.register(name="beating", project="h")["agent_id"]
    reply = http.post(f"/api/agents/{agent}/heartbeat", body)
    if status == 200:
        assert reply.status == 200 and reply.json["agent_id"] == agent
    else:
        assert_problem(reply, status, error=error)


@pytest.mark.parametrize("body", [None, {}, {"focus_state": "thinking"}], ids=str)
def test_heartbeat_of_an_unknown_agent_is_404(http, body):
    assert_problem(http.post("/api/agents/nope/heartbeat", body), 404)


def test_heartbeat_moves_an_agent_to_the_front_of_the_list(http):
    first = http.register(name="first", project="order")["agent_id"]
    http.register(name="second", project="order")

    def front():
        http.ok("POST", f"/api/agents/{first}/heartbeat")
        return http.get("/api/agents", project="order").json["agents"][0]["agent_id"] == first

    wait_for(front, "the agent seen last in front", pause=0.2)
