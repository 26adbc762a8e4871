"""The routes that need nothing, what every route shares, and the command line around them."""

import pytest
from support import SNAKE_CASE, assert_problem, run_cli

GET_ROUTES = ["/health", "/api/version", "/api/agents", "/api/inbox/nobody",
              "/api/inbox/nobody/counts", "/metrics"]

UNKNOWN_PATHS = ["/nope", "/", "/api", "/api/nope", "/health/", "/ws/events", "/api/messages/a/zap",
                 "/api/agents/a/zap"]

ALLOWED = [
    # path, methods that the route has, one that it has not
    ("/health", {"GET", "HEAD"}, "POST"),
    ("/api/version", {"GET", "HEAD"}, "DELETE"),
    ("/api/agents", {"GET", "HEAD", "POST"}, "PUT"),
    ("/api/agents/x/heartbeat", {"POST"}, "GET"),
    ("/api/messages", {"POST"}, "PUT"),
    ("/api/messages/a/read", {"POST"}, "GET"),
    ("/api/messages/a/ack", {"POST"}, "DELETE"),
    ("/api/inbox/bob", {"GET", "HEAD"}, "POST"),
    ("/api/inbox/bob/counts", {"GET", "HEAD"}, "OPTIONS"),
]


def test_health_is_ok(http):
    reply = http.get("/health")
    assert reply.status == 200
    assert reply.json["status"] == "ok"
    assert reply.headers["content-type"] == "application/json"
    assert reply.body.endswith(b"\n")


def test_version_names_the_program(http):
    reply = http.get("/api/version")
    assert reply.status == 200
    assert isinstance(reply.json["version"], str) and reply.json["version"]


def test_metrics_are_in_the_prometheus_text_form(http):
    reply = http.get("/metrics")
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/plain")
    lines = reply.body.decode().splitlines()
    assert any(line.startswith("# TYPE intermute_") for line in lines)
    samples = [line for line in lines if line and not line.startswith("#")]
    assert samples and all(float(line.split()[-1]) == float(line.split()[-1]) or "NaN" in line
                           for line in samples)


@pytest.mark.parametrize("path", GET_ROUTES)
def test_head_is_get_without_the_body(http, path):
    got, head = http.get(path), http.call("HEAD", path)
    assert head.status == got.status == 200
    assert head.body == b""
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("path", UNKNOWN_PATHS)
def test_unknown_route_is_404(http, path):
    method = "POST" if path.endswith("/zap") else "GET"
    assert_problem(http.call(method, path), 404)


@pytest.mark.parametrize("path, methods, wrong", ALLOWED, ids=lambda value: str(value))
def test_wrong_method_is_405_and_names_the_right_ones(http, path, methods, wrong):
    reply = http.call(wrong, path)
    problem = assert_problem(reply, 405)
    assert SNAKE_CASE.fullmatch(problem["code"])
    assert {method.strip() for method in reply.headers["allow"].split(",")} == methods


def test_request_ids_differ(http):
    ids = {http.get("/nope").json["request_id"] for _ in range(20)}
    assert len(ids) == 20


def test_no_cors_headers_are_sent(http):
    for reply in (http.get("/health"), http.get("/api/agents"), http.get("/nope")):
        assert not [name for name in reply.headers if name.startswith("access-control-")]


def test_a_stopped_server_exits_0_and_starts_again(make_server):
    server = make_server()
    assert server.stop() == 0
    with server.restart().client() as client:
        assert client.get("/health").status == 200


def test_version_flag(tmp_path):
    done = run_cli("--version", directory=tmp_path)
    assert done.returncode == 0
    assert any(letter.isdigit() for letter in done.stdout)


def test_help_does_not_start_the_server(tmp_path):
    done = run_cli("--help", directory=tmp_path)
    assert done.returncode == 0
    assert "serve" in done.stdout
    assert not list(tmp_path.rglob("*.db"))


REFUSED_STARTS = [
    # arguments, what the refusal names
    (["serve", "--port", "70000"], "70000"),
    (["serve", "--port", "0", "--set", "server.no_such_key=1"], "no_such_key"),
    (["serve", "--port", "0", "--set", "mailboxes.project.capacity=-1"], "capacity"),
    (["serve", "--port", "0", "--socket", "no/such/folder/s"], "socket"),
    (["serve", "--port", "0", "--coordination-dual-write"], "--coordination-dual-write"),
    (["serve", "--port", "0", "--intercore-db", "y.db"], "--intercore-db"),
    (["serve", "--port", "0", "--no-such-flag"], "--no-such-flag"),
    (["no-such-command"], "no-such-command"),
]


@pytest.mark.parametrize("arguments, named", REFUSED_STARTS, ids=lambda value: str(value))
def test_a_start_that_cannot_be_right_is_refused(tmp_path, arguments, named):
    if arguments[0] == "serve":
        arguments = [*arguments, "--db", str(tmp_path / "x.db")]
    done = run_cli(*arguments, directory=tmp_path)
    assert done.returncode != 0
    assert named in done.stderr.lower(), done
    assert "intermute ready" not in done.stdout
    assert "--socket" in arguments or not (tmp_path / "x.db").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_other_machines_are_not_let_in_without_a_key(tmp_path, host):
    (tmp_path / "intermute.keys.yaml").write_text("projects: {}\n")
    done = run_cli("serve", "--host", host, "--port", "0", "--db", str(tmp_path / "x.db"),
                   directory=tmp_path)
    assert done.returncode != 0
    assert "key" in done.stderr and host in done.stderr, done
    assert not (tmp_path / "x.db").exists()


def test_a_port_in_use_is_refused_with_its_number(server, tmp_path):
    done = run_cli("serve", "--port", str(server.port), "--db", str(tmp_path / "x.db"),
                   directory=tmp_path)
    assert done.returncode != 0
    assert str(server.port) in done.stderr


def test_check_config_lists_every_error_with_its_line(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("server:\n  port: many\n  no_such_key: 1\n")
    done = run_cli("check-config", "--config", str(file), directory=tmp_path)
    assert done.returncode != 0
    shown = done.stdout + done.stderr
    assert "bad.yaml:2" in shown and "bad.yaml:3" in shown, shown
