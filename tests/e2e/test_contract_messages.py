"""Sending on the wire: members, replies, recipients, re-posts of an id."""

import uuid

import pytest
from support import BODY_MAX, NANO_TIME, UUID, assert_problem

MESSAGE = {"id", "thread_id", "project", "from", "to", "body", "created_at", "cursor"}
OPTIONAL = {"cc", "bcc", "subject", "topic", "importance", "ack_required"}

STORED = [
    # further members sent by alice to bob -> what bob then reads
    ({}, {"from": "alice", "to": ["bob"], "thread_id": "", "body": ""}),
    ({"body": "one", "thread_id": "t1", "ack_required": True},
     {"body": "one", "thread_id": "t1", "ack_required": True}),
    ({"subject": "s", "importance": "urgent"}, {"subject": "s", "importance": "urgent"}),
    ({"topic": "  Build/Red "}, {"topic": "build/red"}),
    ({"from": " alice "}, {"from": " alice "}),
    ({"to": ["bob", "carol"]}, {"to": ["bob", "carol"]}),
    ({"cc": ["dan", "eve"]}, {"cc": ["dan", "eve"]}),
    ({"to": ["bob", "bob", "carol", "bob"]}, {"to": ["bob", "carol"]}),
    ({"cc": ["bob", "dan", "dan"], "bcc": ["dan", "bob"]}, {"to": ["bob"], "cc": ["dan"]}),
    ({"to": ["bob", None]}, {"to": ["bob", ""]}),
    ({"to": ["bob"], "cc": None, "bcc": None, "subject": None, "ack_required": None}, {}),
    ({"target_window_uuid": "w", "unknown": {"deep": [1, 2.5, None]}}, {}),
    ({"body": "<a> & \"b\" \\ \u2028 \x00\x1f\x7f 漢字 🚀"},
     {"body": "<a> & \"b\" \\ \u2028 \x00\x1f\x7f 漢字 🚀"}),
    ({"body": "x" * 300_000}, {"body": "x" * 300_000}),
]

DELIVERIES = [
    # recipients of every kind -> the member `delivery`
    ({"to": ["bob"]}, "async"),
    ({"to": ["bob", "bob"]}, "async"),
    ({"to": ["bob", "carol"]}, {"bob": "async", "carol": "async"}),
    ({"to": ["bob"], "cc": ["carol"], "bcc": ["dan"]}, "async"),
    ({"to": ["bob"], "transport": ""}, "async"),
    ({"to": ["bob"], "transport": "async"}, "async"),
    ({"to": ["bob"], "transport": "live"}, "async"),
    ({"to": ["bob", "carol"], "transport": "both"}, {"bob": "async", "carol": "async"}),
]

REFUSED = [
    # body, error text where the reference has one
    ({"from": "a"}, None),
    ({"from": "a", "to": []}, None),
    ({"from": "a", "to": None}, None),
    ({"to": ["b"]}, None),
    ({"from": "", "to": ["b"]}, None),
    ({"from": " \t", "to": ["b"]}, None),
    ({"from": "a", "to": ["b"], "transport": "weird"}, "invalid transport"),
    ({}, None),
    ("null", None),
]


def fresh_project():
    return f"p-{uuid.uuid4()}"


def one(http, agent, project):
    """The only message in an inbox."""
    found = http.inbox(agent, project=project)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("sent, expected", STORED, ids=lambda value: str(value)[:50])
def test_send_and_read_back(http, sent, expected):
    project = fresh_project()
    reply = http.ok("POST", "/api/messages",
                    {"from": "alice", "to": ["bob"], "project": f" {project} ", **sent})
    assert UUID.fullmatch(reply["message_id"]) and reply["cursor"] > 0
    message = one(http, "bob", project)
    assert message["id"] == reply["message_id"] and message["cursor"] == reply["cursor"]
    assert message["project"] == project
    assert NANO_TIME.fullmatch(message["created_at"]), message
    assert {key: message[key] for key in expected} == expected
    assert message.keys() >= MESSAGE
    empty = OPTIONAL - {key for key, value in sent.items() if value}
    assert not message.keys() & empty, "empty members are left out"


@pytest.mark.parametrize("recipients, delivery", DELIVERIES, ids=lambda value: str(value))
def test_delivery_is_a_word_for_one_and_an_object_for_several(http, recipients, delivery):
    reply = http.send("alice", project=fresh_project(), **recipients)
    assert reply["delivery"] == delivery
    assert "denied" not in reply


@pytest.mark.parametrize("body, error", REFUSED, ids=lambda value: str(value))
def test_a_send_that_lacks_something_is_400(http, body, error):
    assert_problem(http.post("/api/messages", body), 400, error=error)


def test_the_first_json_value_of_a_body_counts(http):
    project = fresh_project()
    http.ok("POST", "/api/messages",
            f'{{"from":"a","from":"b","to":["bob"],"project":"{project}"}} {{"from":"c"}}')
    assert one(http, "bob", project)["from"] == "b"


def test_a_body_of_exactly_the_limit_is_accepted(http):
    project = fresh_project()
    body = f'{{"from":"a","to":["bob"],"project":"{project}","body":"full"'
    http.ok("POST", "/api/messages", body + " " * (BODY_MAX - len(body) - 1) + "}")
    assert one(http, "bob", project)["body"] == "full"


def test_an_empty_project_is_a_namespace_of_its_own(http):
    agent = f"a-{uuid.uuid4()}"
    http.send("alice", [agent], id=f"m-{agent}")
    http.send("alice", [agent], id=f"m-{agent}", project="other")
    assert [m["project"] for m in http.inbox(agent)] == ["", "other"]
    assert http.counts(agent) == {"total": 1, "unread": 1}


def test_unknown_recipients_are_named_and_still_get_their_message(http):
    project = fresh_project()
    known = http.register(name="known", project=project)["agent_id"]
    reply = http.send("alice", [known, "ghost", "ghost", "ghoul"], project=project, cc=["other"])
    assert reply["unknown_recipients"] == ["ghost", "ghoul"]
    assert one(http, "ghost", project)["id"] == reply["message_id"]
    assert "unknown_recipients" not in http.send("alice", [known], project=project)


def test_cursors_grow_and_each_recipient_sees_the_one_of_the_reply(http):
    project = fresh_project()
    cursors = [http.send("alice", ["bob", "carol"], project=project, cc=["dan"])["cursor"]
               for _ in range(30)]
    assert cursors == sorted(set(cursors))
    for agent in ("bob", "carol", "dan"):
        assert [m["cursor"] for m in http.inbox(agent, project=project)] == cursors


def test_cc_and_bcc_are_recipients_and_bcc_is_seen_by_itself_alone(http):
    project = fresh_project()
    http.send("alice", ["bob"], project=project, cc=["carol"], bcc=["dan", "eve"], body="x")
    seen = {agent: one(http, agent, project) for agent in ("bob", "carol", "dan", "eve")}
    assert {agent: message.get("bcc") for agent, message in seen.items()} == \
        {"bob": None, "carol": None, "dan": ["dan"], "eve": ["eve"]}
    assert {tuple(m["to"]) + tuple(m["cc"]) for m in seen.values()} == {("bob", "carol")}
    assert len({m["cursor"] for m in seen.values()}) == 1
    for agent in seen:
        assert http.counts(agent, project) == {"total": 1, "unread": 1}


ALL = {"from": "alice", "to": ["bob"], "cc": ["carol"], "id": "m", "thread_id": "t", "body": "one",
       "subject": "s", "topic": "t", "importance": "low", "ack_required": False}

REPOSTS = [
    # what changes in the re-post -> what bob then reads
    ({}, {"body": "one", "thread_id": "t", "subject": "s", "topic": "t", "importance": "low"}),
    ({"body": "two"}, {"body": "two", "thread_id": "t", "subject": "s"}),
    ({"thread_id": "moved"}, {"body": "one", "thread_id": "t"}),
    ({"subject": "S", "topic": " NEW ", "importance": "high", "ack_required": True},
     {"subject": "S", "topic": "new", "importance": "high", "ack_required": True}),
    ({"to": ["carol"], "cc": []}, {"to": ["bob"], "cc": ["carol"]}),
    ({"to": ["bob", "bob"]}, {"to": ["bob"]}),
]


@pytest.mark.parametrize("change, expected", REPOSTS, ids=lambda value: str(value)[:40])
def test_a_repost_replaces_the_content_and_delivers_nothing_twice(http, change, expected):
    project = fresh_project()
    first = http.call("POST", "/api/messages", {**ALL, "project": project})
    assert "idempotent-replay" not in first.headers
    created_at = one(http, "bob", project)["created_at"]
    for _ in range(2):
        again = http.call("POST", "/api/messages", {**ALL, "project": project, **change})
        assert again.status == 200, again
        assert again.headers["idempotent-replay"] == "true"
        assert (again.json["message_id"], again.json["cursor"]) == ("m", first.json["cursor"])
    message = one(http, "bob", project)
    assert {key: message[key] for key in expected} == expected
    assert message["cursor"] == first.json["cursor"] and message["created_at"] == created_at
    for agent in ("bob", "carol"):
        assert one(http, agent, project)["body"] == message["body"]
        assert http.counts(agent, project) == {"total": 1, "unread": 1}


def test_a_new_recipient_of_a_repost_gets_an_entry_at_a_new_cursor(http):
    project = fresh_project()
    first = http.send("alice", ["bob"], project=project, id="m", body="one")
    later = http.send("alice", ["bob"], project=project, id="n")
    again = http.call("POST", "/api/messages", {"from": "alice", "to": ["bob", "dave"], "id": "m",
                                                "project": project, "body": "two"})
    assert again.headers["idempotent-replay"] == "true"
    assert again.json["cursor"] == first["cursor"]
    entry = one(http, "dave", project)
    assert entry["id"] == "m" and entry["body"] == "two" and entry["cursor"] > later["cursor"]
    assert [m["cursor"] for m in http.inbox("bob", project=project)] == \
        [first["cursor"], later["cursor"]]
    assert http.counts("dave", project) == {"total": 1, "unread": 1}


def test_a_repost_keeps_what_was_read(http):
    project = fresh_project()
    http.send("alice", ["bob"], project=project, id="m")
    http.ok("POST", f"/api/messages/m/read?project={project}", {"agent": "bob"})
    http.send("alice", ["bob"], project=project, id="m", body="two")
    assert http.counts("bob", project) == {"total": 1, "unread": 0}


def test_an_id_belongs_to_its_first_sender(http):
    project = fresh_project()
    first = http.send("alice", ["bob"], project=project, id="m", body="mine")
    reply = http.post("/api/messages", {"from": "mallory", "to": ["bob", "dave"], "id": "m",
                                        "project": project, "body": "stolen"})
    assert_problem(reply, 409, "message_id_taken")
    assert one(http, "bob", project)["body"] == "mine"
    assert http.inbox("dave", project=project) == []
    other = http.send("mallory", ["bob"], project=fresh_project(), id="m")
    assert other["cursor"] > first["cursor"], "another project has ids of its own"


def test_a_repost_after_a_restart_is_still_a_repost(make_server):
    server = make_server()
    body = {"from": "alice", "to": ["bob"], "id": "m", "project": "p", "body": "one"}
    with server.client() as client:
        first = client.ok("POST", "/api/messages", body)
    server.kill()
    with server.restart().client() as client:
        again = client.call("POST", "/api/messages", {**body, "body": "two"})
        assert again.headers["idempotent-replay"] == "true"
        assert again.json["cursor"] == first["cursor"]
        assert one(client, "bob", "p")["body"] == "two"
        assert_problem(client.post("/api/messages", {**body, "from": "mallory"}), 409,
                       "message_id_taken")
