"""Reading on the wire: pages, filters, counts, read and ack, and what a restart keeps."""

import uuid

import pytest
from support import assert_problem, part

SENT = 7  # messages m0..m6 that bob has in project `page`; m1, m4 are read, m2 is acked only


@pytest.fixture(scope="module")
def cursors(server):
    """The cursor of each message, with foreign traffic between them, so that they are sparse."""
    found = []
    with server.client() as client:
        for index in range(SENT):
            found.append(client.send("alice", ["bob"], project="page", id=f"m{index}")["cursor"])
            client.send("alice", ["carol"], project="page")
            client.send("alice", ["bob"], project="elsewhere")
        for index, action in ((1, "read"), (4, "read"), (2, "ack")):
            client.ok("POST", f"/api/messages/m{index}/{action}?project=page", {"agent": "bob"})
    return found


PAGES = [
    # query; `@n` stands for the cursor of message n -> messages, and the cursor of the page
    ("", "0123456", "@6"),
    ("since_cursor=0", "0123456", "@6"),
    ("since_cursor=@2", "3456", "@6"),
    ("since_cursor=@6", "", "@6"),
    ("since_cursor=999999", "", "999999"),
    ("limit=3", "012", "@2"),
    ("limit=3&since_cursor=@2", "345", "@5"),
    ("limit=3&since_cursor=@5", "6", "@6"),
    ("since_cursor=nonsense", "0123456", "@6"),
    ("since_cursor=-1", "0123456", "@6"),
    ("limit=0", "0123456", "@6"),
    ("limit=-2", "0123456", "@6"),
    ("limit=many", "0123456", "@6"),
    ("limit=5000", "0123456", "@6"),
    ("limit=2&limit=5", "01", "@1"),
    ("unread=true", "02356", "@6"),
    ("unread=false", "0123456", "@6"),
    ("unread=true&limit=2", "02", "@2"),
    ("unread=true&since_cursor=@2", "356", "@6"),
    ("order=asc&limit=2", "01", "@1"),
    ("order=desc", "6543210", None),
    ("order=desc&limit=2", "65", None),
    ("order=desc&unread=true&limit=3", "653", None),
    ("order=desc&since_cursor=@3", "210", None),  # a page further back starts below its cursor
]


@pytest.mark.parametrize("query, expected, cursor", PAGES)
def test_pages(http, cursors, query, expected, cursor):
    def filled(text):
        return str(cursors[int(text[1:])]) if text.startswith("@") else text

    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    path = "/api/inbox/bob?" + "&".join(["project=page"] + [f"{key}={filled(value)}"
                                                            for key, _, value in pairs])
    page = http.ok("GET", path)
    assert [m["id"] for m in page["messages"]] == [f"m{digit}" for digit in expected]
    assert {m["project"] for m in page["messages"]} <= {"page"}
    if cursor is not None:
        assert page["cursor"] == int(filled(cursor))


@pytest.mark.parametrize("cursor", [2 ** 63 - 1, 2 ** 63, 2 ** 64, 10 ** 30])
def test_a_cursor_beyond_all_is_no_failure_of_the_server(http, cursors, cursor):
    assert http.get("/api/inbox/bob", project="page", since_cursor=cursor).status < 500


def test_without_a_limit_a_page_has_100_and_never_more_than_1000(http):
    sent = [http.send("alice", ["heap"], project="heap")["cursor"] for _ in range(1005)]
    for limit, size in ((None, 100), (0, 100), (101, 101), (1000, 1000), (1001, 1000)):
        page = http.get("/api/inbox/heap", project="heap", limit=limit).json
        assert [m["cursor"] for m in page["messages"]] == sent[:size], limit
        assert page["cursor"] == sent[size - 1]
    assert [m["cursor"] for m in http.inbox("heap", project="heap")] == sent


def test_without_a_project_an_inbox_spans_all_of_them_in_the_order_of_cursors(http):
    agent = f"a-{uuid.uuid4()}"
    sent = [http.send("alice", [agent], project=project)["cursor"]
            for project in ("one", "", "two", "one", "two")]
    assert [(m["cursor"], m["project"]) for m in http.inbox(agent)] == \
        list(zip(sent, ("one", "", "two", "one", "two")))
    assert [m["cursor"] for m in http.inbox(agent, project=" ")] == sent
    assert [m["project"] for m in http.inbox(agent, project=" one ")] == ["one", "one"]


@pytest.mark.parametrize("agent", ["with space", "sla/sh", "per%cent", "漢字", "a?b#c", "a+b", "a;b"])
def test_agent_names_of_any_kind_have_an_inbox(http, agent):
    sent = http.send("alice", [agent], project="odd names", id=f"to {agent}")["message_id"]
    assert [m["id"] for m in http.inbox(agent, project="odd names")] == [sent]
    assert http.counts(agent, "odd names") == {"total": 1, "unread": 1}
    path = f"/api/messages/{part('to ' + agent)}/read?project=odd%20names"
    if "/" not in agent:
        http.ok("POST", path, {"agent": agent})
        assert http.counts(agent, "odd names") == {"total": 1, "unread": 0}


def test_an_inbox_without_an_agent_is_400(http):
    assert_problem(http.get("/api/inbox/"), 400)


def test_an_inbox_nobody_wrote_to_is_empty(http):
    assert http.ok("GET", "/api/inbox/nobody") == {"messages": [], "cursor": 0}
    assert http.counts("nobody", "p") == {"total": 0, "unread": 0}


ACTIONS = [
    # action, path of the message, body, query -> unread of bob, who has one message `m`
    ("read", "m", {"agent": "bob"}, "", 0),
    ("read", "m", None, "&agent=bob", 0),
    ("read", "m", "not json", "&agent=bob", 0),
    ("read", "m", {"agent": ""}, "&agent=bob", 0),
    ("read", "m", {"agent": "bob"}, "&agent=carol", 0),
    ("read", "m/", {"agent": "bob"}, "", 0),
    ("read", "m", {}, "", 1),
    ("read", "m", None, "", 1),
    ("read", "m", {"agent": "carol"}, "", 1),
    ("read", "m", {"agent": "carol"}, "&agent=bob", 1),
    ("read", "m", {"agent": 5}, "", 1),
    ("read", "nope", {"agent": "bob"}, "", 1),
    ("ack", "m", {"agent": "bob"}, "", 1),
    ("ack", "nope", {"agent": "bob"}, "", 1),
]


@pytest.mark.parametrize("action, message, body, query, unread", ACTIONS)
def test_read_and_ack_are_200_with_an_empty_body_whatever_they_name(http, action, message, body,
                                                                     query, unread):
    project = str(uuid.uuid4())
    http.send("alice", ["bob"], project=project, id="m", ack_required=True)
    path = f"/api/messages/{message.strip('/')}/{action}{'/' * message.endswith('/')}"
    for _ in range(2):
        reply = http.post(f"{path}?project={project}{query}", body)
        assert (reply.status, reply.body) == (200, b""), reply
        assert reply.headers["content-length"] == "0"
    assert http.counts("bob", project) == {"total": 1, "unread": unread}


def test_the_project_of_an_action_is_exact(http):
    project = str(uuid.uuid4())
    http.send("alice", ["bob"], project=project, id="m")
    http.ok("POST", "/api/messages/m/read", {"agent": "bob"})
    http.ok("POST", "/api/messages/m/read?project=other", {"agent": "bob"})
    assert http.counts("bob", project) == {"total": 1, "unread": 1}


def test_reading_of_one_recipient_leaves_the_others_alone(http):
    project = str(uuid.uuid4())
    http.send("alice", ["bob"], project=project, id="m", cc=["carol"], bcc=["dan"])
    http.ok("POST", f"/api/messages/m/read?project={project}", {"agent": "carol"})
    unread = {agent: http.counts(agent, project)["unread"] for agent in ("bob", "carol", "dan")}
    assert unread == {"bob": 1, "carol": 0, "dan": 1}
    assert http.inbox("carol", project=project, unread="true") == []
    assert len(http.inbox("bob", project=project, unread="true")) == 1


def test_an_action_consumes_a_cursor(http):
    project = str(uuid.uuid4())
    before = http.send("alice", ["bob"], project=project)["cursor"]
    http.ok("POST", f"/api/messages/nope/ack?project={project}")
    assert http.send("alice", ["bob"], project=project)["cursor"] >= before + 2


def test_what_was_written_is_read_at_once_on_any_connection(server, http):
    with server.client() as other:
        for index in range(300):
            sent = http.send("alice", ["swift"], project="swift")
            assert other.counts("swift", "swift")["total"] == index + 1
            page = other.get("/api/inbox/swift", project="swift", since_cursor=sent["cursor"] - 1)
            assert [m["id"] for m in page.json["messages"]] == [sent["message_id"]]


def picture(client, agents):
    """Everything that the API shows, to be compared before and after."""
    return {
        "agents": sorted(({key: value for key, value in agent.items() if key != "last_seen"}
                          for agent in client.ok("GET", "/api/agents")["agents"]),
                         key=lambda agent: agent["agent_id"]),
        "inboxes": {agent: client.inbox(agent) for agent in agents},
        "unread": {agent: client.inbox(agent, unread="true") for agent in agents},
        "counts": {(agent, project): client.counts(agent, project)
                   for agent in agents for project in ("", "one", "two")},
    }


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_keeps_everything(make_server, end):
    server = make_server()
    agents = ["bob", "carol", "dan"]
    with server.client() as client:
        for index in range(20):
            client.register(name=f"n{index}", project="one", capabilities=["c"] * (index % 3),
                            metadata={"i": str(index)}, status="s")
            client.send("alice", ["bob"], cc=["carol"], bcc=["dan"], id=f"m{index}", body="b",
                        project=("", "one", "two")[index % 3], topic="t", thread_id="th",
                        importance="high", subject="ß", ack_required=index % 2 == 0)
        for action, message, agent in (("read", "m1", "bob"), ("ack", "m4", "bob"),
                                       ("read", "m7", "dan")):
            client.ok("POST", f"/api/messages/{message}/{action}?project=one", {"agent": agent})
        before = picture(client, agents)
        highest = before["inboxes"]["bob"][-1]["cursor"]
    getattr(server, end)()
    with server.restart().client() as client:
        assert picture(client, agents) == before
        assert client.send("alice", ["bob"])["cursor"] > highest + 3, "actions took cursors too"
