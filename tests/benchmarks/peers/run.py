"""Our server beside others: the same model, the same images, the same load, one core each, one after the other.

python tests/benchmarks/peers/run.py MODEL.onnx --folder DIR

DIR gets an environment for every peer (a few hundred MB). Each serves the way its documentation shows; requests are GET where it
has addresses, POST of JSON where it has none. Nobody has a log of requests.
"""

import json
import os
import statistics
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import click
import numpy as np

from ganzoo_serve.bench.asks import get, get_png, pixels, post_json
from ganzoo_serve.bench.load import closed
from ganzoo_serve.bench.pinning import Cores, pinned
from ganzoo_serve.bench.process import ServerProcess
from ganzoo_serve.bench.report import table
from ganzoo_serve.bench.subject import IMAGES, Subject
from ganzoo_serve.errors import ServeError
from ganzoo_serve.generator import Generator

HERE = Path(__file__).parent
PORT = 18_700
LOADS = {"PNG, 1 client": ("png", 1), "PNG, 8": ("png", 8), "PNG, 32": ("png", 32), f"{IMAGES} raw, 8": ("raw", 8)}
BY_ADDRESS = (get_png("/images/SEED.png"), get(f"/raw/SEED?n={IMAGES}", images=IMAGES, begins=b"\x93NUMPY"))
BY_JSON = (
    post_json("/images", {"seed": "SEED"}, images=1, begins=b"\x89PNG"),
    post_json("/raw", {"seed": "SEED", "n": IMAGES}, images=IMAGES, begins=b"\x93NUMPY"),
)


@dataclass
class Peer:
    """How to start a peer and what to ask it; ``found`` holds (images/s, p50, p99) of each load by round."""

    name: str
    environment: str
    command: tuple[str, ...]
    asks: tuple = BY_JSON
    batch: int = 1
    found: dict = field(default_factory=lambda: {load: [] for load in LOADS})
    furthest: int = 0  # of a pixel from ours


PEERS = (
    Peer(
        "FastAPI",
        "fastapi",
        ("uvicorn", "serve_fastapi:app", "--port", f"{PORT}", "--log-level", "warning", "--no-access-log"),
        BY_ADDRESS,
    ),
    Peer("LitServe", "litserve", ("python", "serve_litserve.py", f"{PORT}")),
    Peer("LitServe, batches", "litserve", ("python", "serve_litserve.py", f"{PORT}"), batch=16),
    Peer("BentoML", "bentoml", ("bentoml", "serve", "serve_bentoml:Gan", "--port", f"{PORT}", "-q")),
    Peer("BentoML, batches", "bentoml", ("bentoml", "serve", "serve_bentoml_batched:Front", "--port", f"{PORT}", "-q")),
)


def prepare(folder, name):
    """An environment with a peer's requirements, made once. Returns the folder of its programs."""
    programs = folder / name / "bin"
    done = folder / name / "requirements.txt"
    wanted = (HERE / f"requirements-{name}.txt").read_text()
    if not done.is_file() or done.read_text() != wanted:
        click.echo(f"Making an environment for {name}", err=True)
        venv.create(folder / name, with_pip=True)
        install = [programs / "pip", "install", "-q", "-r", HERE / f"requirements-{name}.txt"]
        subprocess.run(install, check=True)
        done.write_text(wanted)
    return programs


def start(peer, folder, model, cores):
    programs = prepare(folder, peer.environment)
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[2] / "serve")]),
        "PEER_MODEL": str(model.resolve()),
        "PEER_BATCH": f"{peer.batch}",
        "BENTOML_DO_NOT_TRACK": "True",
        "BENTOML_HOME": str(folder / "bentoml-home"),
    }
    command = [str(programs / peer.command[0]), *peer.command[1:]]
    command = [str(HERE / word) if word.endswith(".py") else word for word in command]
    return ServerProcess(command, cores=cores, environment=environment, port=PORT, folder=HERE)


def measure(server, asks, seeds, peer, generator, seconds):
    for load, (kind, clients) in LOADS.items():
        ask = asks[0] if kind == "png" else asks[1]
        tally = closed(server.address, ask, seeds, clients=clients, seconds=seconds, warmup=0.5)
        if tally.failed:
            raise ServeError(f"{peer.name}: {dict(tally.statuses)} of '{load}'.\n{server.log()}")
        for seed, body in tally.bodies.items():
            ours = generator.sample(range(seed, seed + ask.images)).astype(int)
            peer.furthest = max(peer.furthest, int(np.abs(pixels(body) - ours).max()))
        peer.found[load].append((tally.images_per_s, tally.percentile(50), tally.percentile(99)))


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="For environments.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--seconds", type=float, default=1.0, show_default=True, help="Of each load.")
@click.option("--cores", type=click.IntRange(1), default=1, show_default=True)
@click.option("--only", multiple=True, help="Peers by the beginnings of their names.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
def main(model, folder, rounds, seconds, cores, only, json_file):
    folder = folder.resolve()
    peers = [peer for peer in PEERS if not only or peer.name.lower().startswith(tuple(map(str.lower, only)))]
    for peer in peers:
        prepare(folder, peer.environment)
    ours, split, seeds = Peer("ganzoo", "", ()), Cores.split(cores), count(10**9, IMAGES)
    generator = Generator.load(model, device="cpu")
    with pinned(split.load):
        for number in range(rounds):
            for peer in (ours, *peers) if number % 2 == 0 else (*reversed(peers), ours):
                click.echo(f"Round {number + 1} of {rounds}: {peer.name}", err=True)
                server = (
                    ServerProcess.of_model(model, workers=cores, cores=split.server, options=["--log-format", "off"])
                    if peer is ours
                    else start(peer, folder, model, split.server)
                )
                with server:
                    asks = peer.asks
                    if peer is ours:
                        subject = Subject.look_at(server)
                        asks = (subject.png, subject.raw)
                    measure(server, asks, seeds, peer, generator, seconds)
    show(ours, peers)
    if json_file:
        json_file.write_text(json.dumps({peer.name: peer.found for peer in (ours, *peers)}, indent=2) + "\n")


def show(ours, peers):
    body = []
    for peer in (ours, *peers):
        cells = [peer.name]
        for load in LOADS:
            rates, p50, p99 = zip(*peer.found[load], strict=True)
            mine = [found[0] for found in ours.found[load]]
            times = (
                "" if peer is ours else f", {statistics.median(a / b for a, b in zip(mine, rates, strict=True)):.1f}x"
            )
            latency = f"{1000 * statistics.median(p50):.1f}/{1000 * statistics.median(p99):.1f} ms"
            cells.append(f"{statistics.median(rates):,.0f}{times} ({latency})")
        body.append([*cells, f"{peer.furthest}"])
    click.echo("Images/s, how many times as many ganzoo makes, (p50/p99); last, how far a pixel was from ours")
    click.echo("\n".join(table(["server", *LOADS, "off by"], body)))
    if any(peer.furthest > 1 for peer in (ours, *peers)):
        sys.exit("A server shows other images.")


if __name__ == "__main__":
    try:
        main()
    except ServeError as error:
        sys.exit(f"Error: {error}")
