"""QR codes and label sheets beside other makers, in one run: `python -m tests.benchmarks.bench_qr`.

segno is measured where it is installed, npm's `qrcode` where npm can fetch it into a temporary folder.
"""

import importlib
import importlib.util
import io
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import qrcode.constants
import qrcode.image.svg
import qrcode.main

from shared.domain.tag_code import TagCodec, TagKind, TagSubject
from shared.render.label_sheets import SHEETS
from shared.render.labels import Label, label_sheet
from shared.render.qr import qr_png, qr_svg

ROUNDS = 200
CODEC = TagCodec({1: bytes(32)})
URLS = [f"https://fleet.example.com/a/{CODEC.encode(TagSubject(TagKind.ASSET, 1, n + 1))}" for n in range(ROUNDS)]
NODE = """
const qr = require('qrcode'), urls = JSON.parse(process.argv[1]);
(async () => {
  const times = [];
  for (const url of [...urls, ...urls]) {
    const start = process.hrtime.bigint();
    await qr.toString(url, {type: 'svg', errorCorrectionLevel: 'M', margin: 4});
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  console.log(JSON.stringify(times.slice(urls.length)));
})();
"""


class Timing(NamedTuple):
    median: float
    p95: float


def timing(milliseconds: list[float]) -> Timing:
    return Timing(statistics.median(milliseconds), statistics.quantiles(milliseconds, n=20)[-1])


def timed(make: Callable[[str], object]) -> Timing:
    """Warm up with every URL, then time each once."""
    for url in URLS:
        make(url)
    times = []
    for url in URLS:
        started = time.perf_counter()
        make(url)
        times.append((time.perf_counter() - started) * 1000)
    return timing(times)


def library_svg(url: str) -> str:
    code = qrcode.main.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(url)
    return code.make_image(image_factory=qrcode.image.svg.SvgPathImage).to_string(encoding="unicode")


def segno_svg(url: str) -> bytes:
    buffer = io.BytesIO()
    importlib.import_module("segno").make_qr(url, error="m", boost_error=False).save(buffer, kind="svg", border=4)
    return buffer.getvalue()


def npm_qrcode() -> Timing | str:
    """Return the timing of npm's `qrcode`, or why there is none."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return "not measured: npm is not installed"
    with tempfile.TemporaryDirectory() as folder:
        install = [npm, "install", "--no-audit", "--no-fund", "--prefix", folder, "qrcode"]
        if subprocess.run(install, capture_output=True, timeout=180, check=False).returncode:
            return "not measured: npm could not fetch it"
        command = [node, "-e", NODE, json.dumps(URLS)]
        run = subprocess.run(command, cwd=Path(folder), capture_output=True, timeout=180, check=True)
    return timing(json.loads(run.stdout))


def sheet_seconds() -> float:
    labels = [Label(URLS[n % ROUNDS], f"VAN-{n:04d}", "Ford Transit with tail lift", "Acme") for n in range(500)]
    started = time.perf_counter()
    label_sheet(labels, SHEETS["avery-5160"])
    return time.perf_counter() - started


def main() -> int:
    ours = timed(qr_svg)
    rows: list[tuple[str, Timing | str]] = [
        ("Motorpool SVG", ours),
        ("Motorpool PNG", timed(qr_png)),
        ("qrcode's own writer, chosen mask", timed(library_svg)),
        ("segno", timed(segno_svg) if importlib.util.find_spec("segno") else "not measured: not installed"),
        ("npm qrcode", npm_qrcode()),
    ]
    print(f"{'one code, 60 characters':36}{'median ms':>10}{'p95 ms':>10}{'ratio':>8}")
    for name, row in rows:
        shown = row if isinstance(row, str) else f"{row.median:10.2f}{row.p95:10.2f}{row.median / ours.median:8.2f}"
        print(f"{name:36}{shown}")
    seconds = min(sheet_seconds() for _ in range(3))
    print(f"\nSVG p95 {ours.p95:.2f} ms (bar: under 3); sheet of 500 labels {seconds:.2f} s (bar: under 2)")
    return int(ours.p95 >= 3 or seconds >= 2)


if __name__ == "__main__":
    sys.exit(main())
