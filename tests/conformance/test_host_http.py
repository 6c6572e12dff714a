"""Requests and answers through a running host: what arrives at a function, what leaves it."""

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.host import requests
from tests.fixtures.host_apps.runner import HostProcess, wait_until

LIMIT = 200_000


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    env = {
        "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": str(LIMIT),
        "PYTHON_THREADPOOL_THREAD_COUNT": "4",
        "AzureWebJobs.turned_off.Disabled": "true",
        "AzureFunctionsJobHost__extensions__HTTP__maxOutstandingRequests": "8",
    }
    with HostProcess("everything", tmp_path_factory.mktemp("http") / "host.log", env=env) as running:
        running.wait_to_listen()
        yield running


@pytest.fixture(scope="module")
def client(host: HostProcess) -> Iterator[httpx.Client]:
    with host.client() as opened:
        yield opened


def echo(client: httpx.Client, path: str = "/api/echo", **more: Any) -> dict[str, Any]:
    content: dict[str, Any] = client.request(more.pop("method", "POST"), path, **more).json()
    return content


def raw(host: HostProcess, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", host.port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = connection.recv(65536)
            if not part:
                break
            answer += part
        return answer


def test_headers_arrive_in_lower_case_and_joined(client: httpx.Client) -> None:
    sent = [("X-Twice", "1"), ("x-twice", "2"), ("X-MS-CLIENT-PRINCIPAL-ID", "me")]
    headers = echo(client, headers=sent)["headers"]
    assert headers["x-twice"] == "1,2"
    assert "x-ms-client-principal-id" not in headers


def test_the_peer_is_the_last_hop_whatever_the_client_says(client: httpx.Client) -> None:
    assert re.fullmatch(r"127\.0\.0\.1:\d+", echo(client)["headers"]["x-forwarded-for"])
    said = [("X-Forwarded-For", "203.0.113.9"), ("x-forwarded-for", "198.51.100.7")]
    found = echo(client, headers=said)["headers"]["x-forwarded-for"]
    assert re.fullmatch(r"203\.0\.113\.9,198\.51\.100\.7, 127\.0\.0\.1:\d+", found)
    hops = requests.headers_of({"headers": [], "client": ("::1", 50000)})
    assert hops == {"x-forwarded-for": "[::1]:50000"}


def test_the_query_is_merged_and_loses_empty_values(client: httpx.Client) -> None:
    found = echo(client, "/api/echo?a=1&A=2&b=&c&d=%20x+y&a=3")
    assert found["params"] == {"a": "1,2,3", "d": " x y"}
    assert found["url"].endswith("/api/echo?a=1&A=2&b=&c&d=%20x+y&a=3")


def test_a_body_with_a_length_arrives(client: httpx.Client) -> None:
    assert echo(client, content=b"\x00\xffhi")["body"] == "\x00\xffhi"


def test_a_chunked_body_arrives_empty(client: httpx.Client) -> None:
    assert echo(client, content=iter([b"some", b"thing"]))["size"] == 0


def test_the_connection_goes_on_after_a_chunked_body(host: HostProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=10)
    for _ in range(2):
        connection.request("POST", "/api/echo", body=iter([b"x" * 1000]), encode_chunked=True)
        assert json.loads(connection.getresponse().read())["size"] == 0
    connection.close()


def test_the_largest_body_passes_and_one_byte_more_does_not(client: httpx.Client) -> None:
    assert echo(client, content=b"x" * LIMIT)["size"] == LIMIT
    answer = client.post("/api/echo", content=b"x" * (LIMIT + 1))
    assert (answer.status_code, answer.content) == (413, b"")


def test_too_large_a_chunked_body_is_refused(client: httpx.Client) -> None:
    answer = client.post("/api/echo", content=(b"x" * 10_000 for _ in range(LIMIT // 10_000 + 1)))
    assert answer.status_code == 413


def test_more_bytes_than_the_length_says_do_not_belong_to_the_body(host: HostProcess) -> None:
    request = b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi and more"
    with socket.create_connection(("127.0.0.1", host.port), timeout=10) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b'"size": 2' in answer


def test_a_body_that_never_comes_does_no_harm(host: HostProcess, client: httpx.Client) -> None:
    with socket.create_connection(("127.0.0.1", host.port), timeout=10) as connection:
        connection.sendall(b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhi")
    assert echo(client, content=b"ok")["size"] == 2


def test_a_length_that_is_no_number_is_refused(host: HostProcess) -> None:
    request = b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: two\r\n\r\nhi"
    assert raw(host, request).startswith(b"HTTP/1.1 400")


def test_route_parameters_are_decoded_texts(client: httpx.Client) -> None:
    assert echo(client, "/API/Echo/5/")["route"] == {"id": "5"}
    assert echo(client, "/api/echo")["route"] == {}
    assert client.post("/api/echo/five").status_code == 404
    assert client.get("/api/files/a%20b/c%2Fd").json() == {"rest": "a b/c%2Fd"}


def test_the_first_function_by_name_answers(client: httpx.Client) -> None:
    assert client.get("/api/named/exact").json() == {"any": "exact"}


def test_methods_choose_between_functions_with_one_template(client: httpx.Client) -> None:
    assert client.get("/api/only").json() == "get"
    assert client.put("/api/only").json() == "put"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE"])
def test_other_methods_find_nothing(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/api/only")
    assert (answer.status_code, answer.content, "allow" in answer.headers) == (404, b"", False)


def test_head_where_it_is_served_has_no_body(client: httpx.Client) -> None:
    answer = client.head("/api/files/a")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/api/nothing", "/api", "/other", "/api/off", "/runtime/nothing"])
def test_unknown_and_disabled_are_not_found(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.content) == (404, b"")


def test_the_root_has_a_page(client: httpx.Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["raise", "dict", "none"])
def test_a_failure_tells_the_client_nothing(client: httpx.Client, host: HostProcess, path: str) -> None:
    answer = client.get(f"/api/{path}")
    assert (answer.status_code, answer.content) == (500, b"")
    assert "secret" not in str(answer.headers)
    assert host.lines("Failed: ")


def test_a_text_is_sniffed(client: httpx.Client) -> None:
    plain = client.get("/api/text", params={"text": "hello"})
    assert (plain.text, plain.headers["content-type"]) == ("hello", "text/plain; charset=utf-8")
    whole = {"Body": {"a": 1}, "statusCode": 201, "headers": {"x-a": "b"}}
    sniffed = client.get("/api/text", params={"text": json.dumps(whole)})
    assert (sniffed.status_code, sniffed.json(), sniffed.headers["x-a"]) == (201, {"a": 1}, "b")
    data = client.get("/api/text", params={"text": '{"no": "b-o-d-y"}'})
    assert (data.status_code, data.text) == (200, '{"no": "b-o-d-y"}')


@pytest.mark.parametrize(("code", "body"), [(201, b"body"), (204, b""), (304, b""), (418, b"body")])
def test_statuses(client: httpx.Client, code: int, body: bytes) -> None:
    answer = client.get(f"/api/status/{code}")
    assert (answer.status_code, answer.content) == (code, body)


def test_headers_of_the_host(client: httpx.Client) -> None:
    answer = client.get("/api/status/200")
    assert answer.headers["server"] == "Kestrel"
    assert answer.headers["date"].endswith(" GMT")
    assert answer.headers["x-from-host"] == "yes"
    assert answer.headers.get_list("x-own") == ["function"]
    assert answer.headers["strict-transport-security"] == "max-age=86400"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert client.get("/nothing").headers["x-from-host"] == "yes"


def test_a_wrong_length_is_left_out(client: httpx.Client) -> None:
    assert client.get("/api/length").content == b"four"


def test_cookies_are_written_anew(client: httpx.Client) -> None:
    assert client.get("/api/cookies").headers.get_list("set-cookie") == [
        "a=b%2Fc; expires=Wed, 01 Jan 2031 00:00:00 GMT; max-age=60; path=/x; secure; samesite=lax; httponly",
        "second=2",
    ]


def test_a_trace_is_begun_or_gone_on_with(client: httpx.Client) -> None:
    given = f"00-{'a' * 32}-{'b' * 16}-01"
    assert echo(client, headers={"traceparent": given})["traceparent"] == given
    begun = echo(client)
    assert begun["traceparent"].split("-")[1] == begun["invocation"].replace("-", "")


def test_synchronous_functions_share_the_threads(client: httpx.Client) -> None:
    with ThreadPoolExecutor(6) as threads:
        began = time.monotonic()
        answers = list(threads.map(lambda _: client.get("/api/sleep?seconds=0.4").status_code, range(6)))
        took = time.monotonic() - began
    assert answers == [200] * 6
    # four at once, then two
    assert 0.75 < took < 3


def test_asynchronous_functions_do_not_wait_for_each_other(client: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as threads:
        began = time.monotonic()
        list(threads.map(lambda _: client.get("/api/async-echo?seconds=0.5"), range(8)))
        took = time.monotonic() - began
    assert took < 2.5


def test_too_many_at_once_are_turned_away(client: httpx.Client) -> None:
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: client.get("/api/async-echo?seconds=1").status_code, range(12)))
    assert sorted(answers) == [200] * 8 + [429] * 4
    assert client.get("/api/async-echo").status_code == 200


def test_a_client_that_leaves_does_not_end_the_function(host: HostProcess, client: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        client.get("/api/sleep?seconds=0.77", timeout=0.1)
    host.wait_for("function=sleeps")
    # it still runs, and would count among those at once
    time.sleep(0.8)


def test_log_lines_carry_the_invocation(host: HostProcess, client: httpx.Client) -> None:
    invocation = client.get("/api/logs").json()
    (line,) = host.wait_for(r"one\ntwo")
    assert f"function=logs invocation={invocation} logger=app.sync" in line
    client.get("/api/async-echo")
    assert "function=async_echo invocation=" in host.wait_for("logger=app.asynchronous")[0]


def test_levels_of_host_json_hold(host: HostProcess, client: httpx.Client) -> None:
    client.get("/api/logs-much")
    host.wait_for("logger=app.much wanted")
    assert not host.lines("not wanted")


def test_a_call_over_the_time_out_is_told_and_goes_on(host: HostProcess, client: httpx.Client) -> None:
    assert client.get("/api/sleep?seconds=1.3").status_code == 200
    host.wait_for("Timeout value of 1.0 s exceeded by function sleeps")


def test_localhost_may_be_ipv6(host: HostProcess) -> None:
    with socket.create_connection(("localhost", host.port), timeout=5) as connection:
        connection.sendall(b"GET /admin/host/ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    if "::1" in {address[4][0] for address in socket.getaddrinfo("localhost", host.port)}:
        with socket.create_connection(("::1", host.port), timeout=5) as connection:
            connection.sendall(b"GET /admin/host/ping HTTP/1.1\r\nHost: [::1]\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_keep_alive_and_pipelining(host: HostProcess) -> None:
    request = b"GET /api/only HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", host.port), timeout=10) as connection:
        connection.sendall(request * 5)
        answers = b""
        while answers.count(b'"get"') < 5:
            answers += connection.recv(65536)
    assert answers.count(b"200 OK") == 5


def test_admin_lists_functions(client: httpx.Client, host: HostProcess) -> None:
    listed = {function["name"]: function for function in client.get("/admin/functions").json()}
    assert listed["echo"]["invoke_url_template"] == f"{host.url}/api/echo/{{id:int?}}"
    assert "turned_off" not in listed
    assert client.get("/admin/functions/ECHO").json()["name"] == "echo"
    assert client.get("/admin/functions/echo/status").json() == {"errors": None}
    assert client.get("/admin/functions/none").status_code == 404


def test_admin_shows_the_host(client: httpx.Client) -> None:
    status = client.get("/admin/host/status").json()
    assert (status["state"], status["processUptime"] > 0) == ("Running", True)
    assert client.post("/admin/host/ping").status_code == 200
    assert client.get("/admin/host/config").json()["extensions"]["http"]["routePrefix"] == "api"
    assert client.post("/admin/host/restart").status_code == 404


def test_admin_refuses_what_it_cannot_run(client: httpx.Client) -> None:
    assert client.post("/admin/functions/none", json={"input": ""}).status_code == 404
    assert client.post("/admin/functions/echo", content=b"null").status_code == 400
    assert client.post("/admin/functions/echo", content=b"{").status_code == 400


def test_admin_answers_to_no_other_name(client: httpx.Client) -> None:
    assert client.get("/admin/functions", headers={"host": "evil.example"}).status_code == 403
    assert client.get("/admin/functions", headers={"origin": "https://evil.example"}).status_code == 403
    assert client.get("/admin/functions", headers={"origin": "null"}).status_code == 403
    assert client.get("/admin/functions", headers={"origin": "http://localhost:5173"}).status_code == 200


def test_many_requests_leave_nothing_behind(host: HostProcess, client: httpx.Client) -> None:
    failures: list[int] = []

    def call_often() -> None:
        with host.client() as own:
            failures.extend(code for _ in range(50) if (code := own.get("/api/only").status_code) != 200)

    threads = [threading.Thread(target=call_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    wait_until(lambda: client.get("/api/only").status_code == 200, 60, lambda: "an answer")


def test_homepage_cors_and_prefix(tmp_path: Path) -> None:
    settings = {
        "IsEncrypted": False,
        "Values": {"AzureWebJobsDisableHomepage": "true"},
        "Host": {"CORS": "http://a.example, http://b.example", "CORSCredentials": True},
    }
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(settings))
    env = {"AzureFunctionsJobHost__extensions__http__routePrefix": ""}
    with HostProcess("everything", tmp_path / "log", ["--settings", str(file)], env) as host, host.client() as client:
        assert client.get("/").status_code == 204
        assert client.get("/only").json() == "get"
        asked = {"origin": "http://b.example", "access-control-request-method": "PUT"}
        preflight = client.options("/unknown", headers=asked | {"access-control-request-headers": "x-a"})
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == "http://b.example"
        assert preflight.headers["access-control-allow-methods"] == "PUT"
        assert preflight.headers["access-control-allow-headers"] == "x-a"
        assert preflight.headers["access-control-allow-credentials"] == "true"
        stranger = client.options("/only", headers=asked | {"origin": "http://c.example"})
        assert "access-control-allow-origin" not in stranger.headers
        own = client.get("/only", headers={"origin": "http://a.example"})
        assert own.headers["access-control-allow-origin"] == "http://a.example"
