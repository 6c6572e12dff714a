"""The JavaScript half: node's own test runner with the official packages of npm."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conformance.pubsub.target import Target, foreign

CASES = Path(__file__).with_name("js")
SECONDS = 90


def _run(environment: dict[str, str]) -> None:
    files = sorted(str(file) for file in CASES.glob("*.test.mjs"))
    # the official client keeps timers after its end, which would keep node
    command = ["node", "--test", "--test-force-exit", "--test-reporter=tap", *files]
    ended = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    failed = re.findall(r"^\s*not ok \d+ - (.*)$", ended.stdout, re.MULTILINE)
    assert not failed, f"{', '.join(failed)}\n{ended.stdout}"
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(re.findall(r"^\s*ok \d+ - ", ended.stdout, re.MULTILINE)) >= 25


def test_the_javascript_half(server: Target, request: pytest.FixtureRequest) -> None:
    environment = {"PUBSUB_CONNECTION_STRING": server.connection_string}
    if foreign() is None:
        own: Target = request.getfixturevalue("own")
        environment["PUBSUB_OWN_CONNECTION_STRING"] = own.connection_string
        environment["PUBSUB_HANDLER_PORT"] = str(own.handler_port)
    _run(environment)
