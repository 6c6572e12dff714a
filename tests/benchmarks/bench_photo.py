"""A 12-megapixel photo beside sharp (libvips), in one run: `python -m tests.benchmarks.bench_photo`.

All make WebP of 2,560 px at quality 80 and effort 4 and a thumbnail of 150 x 150 px. sharp does so in the way
of its manual, two pipelines from one upload, and in the way that costs it least, both outputs from pixels
shrunk once. CPU is counted after a first small photo, so that loading libraries is not; peak memory is of the
whole process. sharp is fetched by npm into a temporary folder, and not measured where that fails.
"""

import io
import json
import multiprocessing
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from shared.render.images import read_photo

ROUNDS = 5
ROOT = Path(__file__).parents[2]
NODE = """
const sharp = require('sharp'), fs = require('fs');
async function manual(data) {
  const full = await sharp(data).rotate()
    .resize(2560, 2560, {fit: 'inside', withoutEnlargement: true}).webp({quality: 80, effort: 4}).toBuffer();
  await sharp(data).rotate().resize(150, 150, {fit: 'cover'}).webp({quality: 80, effort: 4}).toBuffer();
  return full.length;
}
async function least(data) {
  const {data: pixels, info} = await sharp(data).rotate()
    .resize(2560, 2560, {fit: 'inside', withoutEnlargement: true}).raw().toBuffer({resolveWithObject: true});
  const raw = {raw: {width: info.width, height: info.height, channels: info.channels}};
  const full = await sharp(pixels, raw).webp({quality: 80, effort: 4}).toBuffer();
  await sharp(pixels, raw).resize(150, 150, {fit: 'cover'}).webp({quality: 80, effort: 4}).toBuffer();
  return full.length;
}
const photo = {manual, least}[process.argv[3]];
(async () => {
  await photo(fs.readFileSync(process.argv[2]));
  const data = fs.readFileSync(process.argv[1]), before = process.cpuUsage();
  const bytes = await photo(data), used = process.cpuUsage(before);
  const rss_mb = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({cpu: (used.user + used.system) / 1e6, rss_mb, bytes}));
})();
"""


class Cost(NamedTuple):
    cpu: float
    rss_mb: float
    bytes: int


def write_photo(path: Path, width: int, height: int) -> None:
    """Write a JPEG with soft shapes, hard edges and a sensor's noise, the same in each run."""
    random = np.random.default_rng(7)
    coarse = random.integers(0, 255, (height // 16, width // 16, 3), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
    edges = np.asarray(Image.effect_mandelbrot((width, height), (-2, -1.5, 1, 1.5), 60), dtype=np.float32)
    noise = random.normal(0, 5, (height, width, 1)).astype(np.float32)
    pixels = np.clip(soft * 0.7 + edges[..., None] * 0.3 + noise, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=90)


def write_photos(*photos: tuple[Path, int, int]) -> None:
    """Write photos in a process of their own: a child inherits its parent's peak memory as its first."""
    for arguments in photos:
        writer = multiprocessing.get_context("spawn").Process(target=write_photo, args=arguments)
        writer.start()
        writer.join()


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure_here(photo: str, warm_up: str) -> None:
    """Print the cost of one photo in this process, which has done nothing else."""
    read_photo(io.BytesIO(Path(warm_up).read_bytes()))
    data, before = Path(photo).read_bytes(), cpu_seconds()
    made = read_photo(data)
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu_seconds() - before, "rss_mb": rss_mb, "bytes": len(made.full)}))


def measured(command: list[str], cwd: Path) -> Cost:
    costs = []
    for _ in range(ROUNDS):
        run = subprocess.run(command, cwd=cwd, capture_output=True, timeout=120, check=True)
        costs.append(Cost(**json.loads(run.stdout)))
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))


def sharp(folder: Path, photo: Path, warm_up: Path) -> dict[str, Cost | str]:
    """Return the cost of sharp in both ways, or why there is none."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return {"sharp": "not measured: npm is not installed"}
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "sharp"]
    if subprocess.run(install, capture_output=True, timeout=180, check=False).returncode:
        return {"sharp": "not measured: npm could not fetch it"}
    return {
        f"sharp, {way}": measured([node, "-e", NODE, str(photo), str(warm_up), way], folder)
        for way in ("manual", "least")
    }


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo, warm_up = folder / "photo.jpg", folder / "small.jpg"
        write_photos((photo, 4032, 3024), (warm_up, 320, 240))
        ours = measured([sys.executable, "-m", __spec__.name, str(photo), str(warm_up)], ROOT)
        theirs = sharp(folder, photo, warm_up)
        print(f"12 megapixels, {photo.stat().st_size / 1e6:.1f} MB")
    print(f"{'':24}{'CPU s':>8}{'RSS MB':>9}{'bytes':>10}{'CPU ratio':>11}")
    for row, cost in {"Motorpool": ours, **theirs}.items():
        shown = cost if isinstance(cost, str) else f"{cost.cpu:8.2f}{cost.rss_mb:9.0f}{cost.bytes:10.0f}"
        print(f"{row:24}{shown}" + ("" if isinstance(cost, str) else f"{cost.cpu / ours.cpu:11.2f}"))
    print("bars: no more CPU than sharp by its manual, under 150 MB")
    rival = theirs.get("sharp, manual")
    slower = isinstance(rival, Cost) and ours.cpu > rival.cpu * 1.1  # nearer than that is a tie on a shared machine
    return int(slower or ours.rss_mb >= 150)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure_here(*sys.argv[1:])
    else:
        sys.exit(main())
