"""How much of what the machine could do is done: q = R_http / R_max.

Timings move from one second to the next on a machine with anything else to do. So the model alone is timed right before and
right after every load, HTTP alone and the encoder in every round, each load gives a ratio of its own, and medians over the
rounds count.
"""

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from ganzoo_serve.bench import overload
from ganzoo_serve.bench.asks import get, post_json
from ganzoo_serve.bench.bound import BareModel, Costs, encode_seconds
from ganzoo_serve.bench.constant import body as constant_body
from ganzoo_serve.bench.load import closed, open_loop
from ganzoo_serve.bench.pinning import Cores, pinned
from ganzoo_serve.bench.process import ServerProcess
from ganzoo_serve.bench.result import Latency, Plan, Result, Row
from ganzoo_serve.bench.subject import IMAGES, Subject, check_pixels
from ganzoo_serve.bench.tally import Ask, Tally
from ganzoo_serve.errors import ServeError
from ganzoo_serve.generator import Generator
from ganzoo_serve.images import FORMATS

CLIENTS = {"png": (1, 8, 32), "raw": (4, 8)}
Say = Callable[[str], None]


def measure(model: Path, plan: Plan, say: Say = lambda _: None) -> Result:
    """Start the servers, measure, stop them. Raises ServeError: a server does not come up, or an image is wrong."""
    cores = Cores.split(plan.cores)
    if not cores.pinned:
        say(f"Too few cores to give the server {plan.cores} of its own: nobody is pinned, and figures are rough.")
    with ExitStack() as stack:
        generator = Generator.load(model, device="cpu")
        server = stack.enter_context(ServerProcess.of_model(model, workers=plan.cores, cores=cores.server))
        subject = Subject.look_at(server)
        constant = stack.enter_context(_constant_server(subject, cores.server[:1]))
        stack.enter_context(pinned(cores.load))
        return _Measurement(model, plan, cores, generator, subject, server, constant, say).run()


@dataclass
class _Measurement:
    model: Path
    plan: Plan
    cores: Cores
    generator: Generator
    subject: Subject
    server: ServerProcess
    constant: ServerProcess
    say: Say

    def run(self) -> Result:
        self.seeds: Iterator[int] = count(10**9, IMAGES)  # each asked for once, and all of one length
        self.bare = BareModel(self.model, threads=self.plan.cores, cores=self.cores.server)
        self.pictures = self.generator.sample(range(64))
        image = self.generator.metadata.image
        self.result = Result(
            model=self.generator.name,
            image=(image.height, image.width, image.channels),
            plan=self.plan,
            pinned=self.cores.pinned,
            raw_layout=self.subject.raw_layout,
            batch_size=self.bare.best_batch(self.plan.seconds / 2),
            rows=[
                Row(kind, getattr(self.subject, kind).images, clients)
                for kind, several in CLIENTS.items()
                for clients in several
            ],
            costs={"model": [], "encode": [], "http png": [], "http raw": []},
        )
        for number in range(self.plan.rounds):
            self.say(f"Round {number + 1} of {self.plan.rounds}")
            self._round()
        self.say("Half load")
        self._half_load()
        self.say("Asked again")
        self._again()
        if self.plan.overload:
            self.say("Overload")
            self.result.overloaded = overload.overload(
                self.server,
                self.subject.png,
                self.seeds,
                rate=2 * self.result.capacity,
                seconds=self.plan.overload,
                usual=statistics.median(self.result.row("png", CLIENTS["png"][-1]).requests_per_s),
                clients=CLIENTS["png"][-1],
            )
        self.result.memory = self.server.memory
        return self.result

    def _round(self) -> None:
        plan, result = self.plan, self.result
        encode_s = encode_seconds(FORMATS["png"].encode, self.pictures, plan.seconds / 2, cores=self.cores.server)
        http_s = {kind: self._http_seconds(kind) for kind in CLIENTS}
        for name, value in {"encode": encode_s, **{f"http {kind}": value for kind, value in http_s.items()}}.items():
            result.costs[name].append(value)
        model_s = self._model_seconds()
        for row in result.rows:
            ask: Ask = getattr(self.subject, row.kind)
            tally = self._load(self.server, ask, row.clients)
            before, model_s = model_s, self._model_seconds()
            result.failures += tally.failed
            result.compared += check_pixels(tally, self.generator)
            row.requests_per_s.append(tally.requests_per_s)
            row.p50_s.append(tally.percentile(50))
            row.p99_s.append(tally.percentile(99))
            # Raw images need no encoder.
            costs = Costs((before + model_s) / 2, encode_s if row.kind == "png" else 0.0, http_s[row.kind])
            row.bound.append(costs.bound(plan.cores, row.images))

    def _model_seconds(self) -> float:
        """Of one core, for an image."""
        rate = self.bare.images_per_s(self.result.batch_size, self.plan.seconds / 2)
        self.result.raw_images_per_s.append(rate)
        self.result.costs["model"].append(self.plan.cores / rate)
        return self.result.costs["model"][-1]

    def _http_seconds(self, kind: str) -> float:
        """By as many clients as there ever are, who keep it busy all the time: what a request costs at least."""
        reply = constant_body(self.subject.replies[kind][1])
        begins, size = reply[:8], len(reply)
        if kind == "png":
            ask = get("/png?SEED", begins=begins)
        else:
            document = {"seed": "SEED", "n": IMAGES, "layout": self.subject.raw_layout}
            ask = post_json("/raw", document, images=IMAGES, begins=begins, size=size)
        return 1 / self._load(self.constant, ask, CLIENTS[kind][-1]).requests_per_s

    def _load(self, server: ServerProcess, ask: Ask, clients: int) -> Tally:
        seconds = self.plan.seconds
        return answered(
            server, closed(server.address, ask, self.seeds, clients=clients, seconds=seconds, warmup=seconds / 4)
        )

    def _half_load(self) -> None:
        rate = self.result.capacity / 2
        self.result.half_load, self.result.half_load_constant = Latency(rate), Latency(rate)
        # A thousand requests, so that one in a hundred is several; within reason.
        seconds = min(max(1000 / rate, 2 * self.plan.seconds), 10 * self.plan.seconds)
        for number in range(min(self.plan.rounds, 3)):
            for server, ask, latency in (
                (self.constant, get("/png?SEED"), self.result.half_load_constant),
                (self.server, self.subject.png, self.result.half_load),
            ):
                tally = open_loop(server.address, ask, self.seeds, rate=rate, seconds=seconds, rng_seed=number)
                latency.add(answered(server, tally))
                self.result.failures += tally.failed

    def _again(self) -> None:
        """What a reply costs that need not be drawn."""
        seed = next(self.seeds)
        _, headers, _ = self.server.get(f"{self.subject.base}/images/{seed}.png")
        clients = CLIENTS["png"][-1]
        for etag in (headers.get("etag"), None):
            if etag is None or etag:
                tally = self._load(self.server, self.subject.again(seed, etag), clients)
                self.result.failures += tally.failed
                if etag:
                    self.result.not_modified_per_s = tally.requests_per_s
                else:
                    self.result.same_image_per_s = tally.requests_per_s


def answered(server: ServerProcess, tally: Tally) -> Tally:
    """The tally. Raises ServeError, with the end of the server's log, if it has no good reply, of which nothing follows."""
    if not tally.good:
        raise ServeError(f"The server gave no good reply within {tally.seconds:.1f} s.\n{server.log()}")
    return tally


def _constant_server(subject: Subject, cores: tuple[int, ...]) -> ServerProcess:
    replies = {f"/{kind}": {"headers": headers, "size": size} for kind, (headers, size) in subject.replies.items()}
    return ServerProcess([sys.executable, "-m", "ganzoo_serve.bench.constant", json.dumps(replies)], cores=cores)
