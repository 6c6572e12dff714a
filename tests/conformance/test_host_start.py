"""How a host starts, what keeps it from starting, and how it ends."""

import json
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from local.ports import free_port
from tests.fixtures.host_apps.runner import ROOT, HostProcess, wait_until, write_app

HEAD = """
import logging
import os
import time
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
"""
HELLO = """
@app.route("hello")
def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("one")
"""
BLOB = """
@app.blob_trigger("blob", "photos/{name}", "Storage")
def photo(blob: func.InputStream) -> None:
    print(blob.name)
"""
TIMER = """
@app.timer_trigger("timer", "%s")
def tick(timer: func.TimerRequest) -> None:
    print(timer.past_due)
"""
STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


def refused(app: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Answer what a host says that does not start."""
    with HostProcess(app, app / "host.log", arguments, env) as host:
        assert host.wait_for_end() == 1
        return host.output()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import nothing_of_this_name", "Cannot find module"),
        ("def broken(:", "SyntaxError"),
        ("x = 1", "Could not find top level function app instances"),
        (HEAD + HELLO.replace("func.HttpRequest", "int"), "cannot load the hello function"),
        (HEAD + HELLO.replace("(req:", "(request:"), "cannot load the hello function"),
        (HEAD + HELLO + HELLO, "does not have a unique function name"),
        (HEAD + "other = func.FunctionApp()\n" + HELLO, "More than one"),
        (
            HEAD + HELLO + HELLO.replace("def hello", "def zebra"),
            "conflicts with the route defined by function 'hello'",
        ),
        (HEAD + HELLO.replace('"hello"', '"administrators"'), "built in routes"),
        (HEAD + HELLO.replace('"hello"', '"a/{id:integer}"'), "'integer' cannot be resolved"),
        (HEAD + BLOB, "only supports EventGrid"),
        (HEAD + TIMER % "%NOWHERE%", "'%NOWHERE%' does not resolve to a value"),
        (HEAD + TIMER % "0 0 25 * * *", "25 is no hour"),
        (HEAD + TIMER % "00:05:00", "six are needed"),
        (
            HEAD + '@app.queue_trigger("m", "q", "Storage")\ndef take(m: func.QueueMessage) -> None: ...\n',
            "binding of type 'queueTrigger'",
        ),
    ],
)
def test_an_app_that_is_not_right_is_refused_with_the_reason(tmp_path: Path, code: str, message: str) -> None:
    said = refused(write_app(tmp_path / "app", code), env=STORAGE)
    assert "The host cannot start: " in said
    assert message in said


def test_a_directory_without_an_app_is_refused(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", "")
    (app / "function_app.py").unlink()
    assert "needs a function_app.py" in refused(app)


@pytest.mark.parametrize(
    ("host_json", "message"),
    [
        ("{", "is not valid JSON"),
        ("{}", '"version": "2.0"'),
        ('{"version": "2.0", "functionTimeout": "soon"}', "cannot be read"),
        ('{"version": "2.0", "extensions": {"http": [5]}}', "http must be an object"),
        ('{"version": "2.0", "extensions": 5}', "extensions must be an object"),
    ],
)
def test_a_host_json_that_is_not_right_is_refused(tmp_path: Path, host_json: str, message: str) -> None:
    assert message in refused(write_app(tmp_path / "app", HEAD + HELLO, host_json))


def test_a_missing_host_json_is_told(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HEAD + HELLO)
    (app / "host.json").unlink()
    assert "host.json is missing" in refused(app)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"Values": {}}, '"IsEncrypted": false'),
        ({"IsEncrypted": False, "Values": {"A": 5}}, 'write "5" in quotes'),
        ([], "must hold a JSON object"),
    ],
)
def test_settings_that_are_not_right_are_refused(tmp_path: Path, settings: object, message: str) -> None:
    app = write_app(tmp_path / "app", HEAD + HELLO)
    (app / "local.settings.json").write_text(json.dumps(settings))
    assert message in refused(app)


def test_a_timer_needs_storage(tmp_path: Path) -> None:
    said = refused(write_app(tmp_path / "app", HEAD + TIMER % "0 0 0 1 1 *"))
    assert "AzureWebJobsStorage" in said


def test_a_taken_port_is_named_with_what_moves_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(write_app(tmp_path / "app", HEAD + HELLO), "--port", str(port))
    assert f"Port {port}" in said
    assert "MOTORPOOL_PORT" in said


SHOW_SETTINGS = """
@app.route("settings")
def settings(req: func.HttpRequest) -> func.HttpResponse:
    import json
    names = ("FROM_FILE", "FROM_BOTH", "EMPTY", "NOTHING", "TZ", "FUNCTIONS_WORKER_RUNTIME", "WEBSITE_HOSTNAME")
    values = {name: os.environ.get(name) for name in names}
    return func.HttpResponse(json.dumps({**values, "hour": time.localtime(0).tm_hour}))
"""


def test_settings_come_from_the_file_where_the_environment_has_none(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HEAD + SHOW_SETTINGS)
    values = {"FROM_FILE": "file", "FROM_BOTH": "file", "EMPTY": "", "NOTHING": None}
    content = {"IsEncrypted": False, "Values": values, "Host": {"LocalHttpPort": 1}}
    (app / "local.settings.json").write_text(json.dumps(content))
    env = {"FROM_BOTH": "environment", "TZ": "Asia/Tokyo"}
    with HostProcess(app, tmp_path / "log", env=env) as host, host.client() as client:
        assert client.get("/api/settings").json() == {
            "FROM_FILE": "file",
            "FROM_BOTH": "environment",
            "EMPTY": "",
            "NOTHING": None,
            "TZ": "UTC",
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "WEBSITE_HOSTNAME": f"localhost:{host.port}",
            "hour": 0,
        }
        host.wait_for("skipping FROM_BOTH, the environment has it already")
        host.wait_for("NOTHING is null")


def test_only_the_functions_of_the_allow_list_are_loaded(tmp_path: Path) -> None:
    host_json = '{"version": "2.0", "functions": ["Hello"]}'
    app = write_app(tmp_path / "app", HEAD + HELLO + SHOW_SETTINGS, host_json)
    with HostProcess(app, tmp_path / "log") as host, host.client() as client:
        assert client.get("/api/hello").text == "one"
        assert client.get("/api/settings").status_code == 404


def test_the_app_may_be_started_from_elsewhere_and_import_its_own(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HEAD + "from local_words import word\n" + HELLO.replace('"one"', "word"))
    (app / "local_words.py").write_text("word = 'own'\n")
    with HostProcess(app, tmp_path / "log") as host, host.client() as client:
        assert client.get("/api/hello").text == "own"


SLOW = """
@app.route("slow")
def slow(req: func.HttpRequest) -> func.HttpResponse:
    logging.warning("it has begun")
    time.sleep(float(req.params["seconds"]))
    return func.HttpResponse("done")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_finish(tmp_path: Path, number: signal.Signals) -> None:
    app = write_app(tmp_path / "app", HEAD + SLOW)
    with HostProcess(app, tmp_path / "log") as host, ThreadPoolExecutor(1) as threads:
        host.wait_for("Listening")
        answer = threads.submit(httpx.get, f"{host.url}/api/slow?seconds=1.5", timeout=60)
        host.wait_for("it has begun")
        assert host.stop(number) == 0
        assert answer.result().text == "done"
        with pytest.raises(httpx.ConnectError):
            httpx.get(host.url)


def test_an_idle_connection_does_not_hold_up_the_end(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HEAD + HELLO)
    with HostProcess(app, tmp_path / "log") as host, host.client() as client:
        client.get("/api/hello")
        began = time.monotonic()
        assert host.stop() == 0
    # before functions that do not end would be left
    assert time.monotonic() - began < 9


@pytest.mark.slow
def test_a_function_that_does_not_end_is_left_after_ten_seconds(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HEAD + SLOW)
    with HostProcess(app, tmp_path / "log") as host, ThreadPoolExecutor(1) as threads:
        host.wait_for("Listening")
        answer = threads.submit(httpx.get, f"{host.url}/api/slow?seconds=60", timeout=90)
        host.wait_for("it has begun")
        began = time.monotonic()
        assert host.stop() == 0
        assert 9 < time.monotonic() - began < 45
        assert answer.result().status_code == 503


def test_a_port_can_be_used_again_at_once(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HEAD + HELLO)
    port = free_port()
    for _ in range(2):
        with HostProcess(app, tmp_path / "log", port=port) as host, host.client() as client:
            assert client.get("/api/hello").status_code == 200
            assert host.stop() == 0


def test_a_host_ends_with_the_program_that_started_it(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HEAD + HELLO)
    port = free_port()
    command = [sys.executable, "-m", "local.host", "--port", str(port), "--app-dir", str(app)]
    arguments = [*command, "--data-dir", str(tmp_path / "data"), "--die-with-parent"]
    starter = f"import subprocess, time; print(subprocess.Popen({arguments!r}).pid, flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", starter], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        host = psutil.Process(int(parent.stdout.readline()))
        wait_until(lambda: _answers(port), 60, str)
        parent.kill()
    wait_until(lambda: not host.is_running() or host.status() == psutil.STATUS_ZOMBIE, 60, str)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/hello").status_code == 200
    except httpx.HTTPError:
        return False


def text_of(host: HostProcess) -> str:
    try:
        return httpx.get(f"{host.url}/api/hello").text
    except httpx.HTTPError:
        return ""


def test_a_change_of_the_app_starts_it_again(tmp_path: Path) -> None:
    app = write_app(tmp_path / "app", HEAD + "from words.own import word\n" + HELLO.replace('"one"', "word"))
    (app / "words").mkdir()
    (app / "left_out").mkdir()
    (app / ".funcignore").write_text("left_out/\n")
    own = app / "words" / "own.py"
    own.write_text("word = 'one'\n")
    with HostProcess(app, tmp_path / "log", ["--reload"]) as host:
        wait_until(lambda: text_of(host) == "one", 60, host.output)
        (app / "left_out" / "x.py").write_text("x = 1")
        (app / "words" / "notes.txt").write_text("nothing of the app")
        own.write_text("word = 'two'\n")
        wait_until(lambda: text_of(host) == "two", 60, host.output)
        own.write_text("word = (\n")
        host.wait_for("The host cannot start")
        host.wait_for("it starts again when a file changes")
        own.write_text("word = 'three'\n")
        wait_until(lambda: text_of(host) == "three", 60, host.output)
        assert not host.lines("x.py")
        assert not host.lines("notes.txt")
        children = psutil.Process(host.process.pid).children(recursive=True)
        assert host.stop() == 0
        assert [child for child in children if child.is_running()] == []


def test_help_tells_of_every_option() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "local.host", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for option in ("--port", "--app-dir", "--settings", "--data-dir", "--reload", "--poll-seconds"):
        assert option in said
    assert "--duplicate-blob-events" in said
    assert "MOTORPOOL_PORT" in said
