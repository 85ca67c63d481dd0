"""What was measured, as text and as a document."""

import re
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ganzoo_serve.bench.overload import Overload
from ganzoo_serve.bench.result import Latency, Result

_NUMBER = re.compile(r"[\d,.]+( m?s)?")


def text(result: Result) -> str:
    """Tables for a terminal, ending in a newline."""
    h, w, c = result.image
    plan = result.plan
    where = f"{plan.cores} core{'s' if plan.cores > 1 else ''} of its own" if result.pinned else "no core of its own"
    lines = [f"{result.model}: {h}x{w}x{c}, a server with {where}, medians of {plan.rounds} rounds", ""]
    lines += table(
        ["request", "clients", "images/s", "requests/s", "p50", "p99", "R_max", "q"],
        [
            [
                "PNG" if row.kind == "png" else f"{row.images} raw ({result.raw_layout})",
                f"{row.clients}",
                f"{statistics.median(row.images_per_s):,.0f}",
                f"{statistics.median(row.requests_per_s):,.0f}",
                _ms(row.p50_s),
                _ms(row.p99_s),
                f"{statistics.median(row.bound):,.0f}",
                f"{statistics.median(row.q):.2f} ({min(row.q):.2f} to {max(row.q):.2f})",
            ]
            for row in result.rows
        ],
    )
    lines += ["", *table(["of the bound", "", ""], [*_bound(result)])]
    lines += ["", *table(["besides", "", ""], [*_besides(result)])]
    if result.overloaded:
        lines += ["", *table(["overload", "", ""], [*_overload(result.overloaded)])]
    return "\n".join(lines) + "\n"


def document(result: Result) -> dict[str, Any]:
    """All numbers of every round, for JSON: seconds, bytes, images or requests a second."""
    found = asdict(result)
    for row, entry in zip(result.rows, found["rows"], strict=True):
        entry |= {"images_per_s": row.images_per_s, "q": row.q}
    found["capacity_per_s"], found["service_s"] = result.capacity, result.service_s
    return found


def table(header: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """Lines of columns: the first to the left, and those of numbers to the right."""
    widths = [max(len(line[column]) for line in (header, *body)) for column in range(len(header))]
    right = [all(_NUMBER.fullmatch(line[column]) for line in body) for column in range(len(header))]
    return [
        "  ".join(
            f"{cell:>{width}}" if to_right else f"{cell:<{width}}"
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in (header, *body)
    ]


def _bound(result: Result) -> list[list[str]]:
    costs = {name: statistics.median(values) for name, values in result.costs.items()}
    raw = statistics.median(result.raw_images_per_s)
    return [
        ["model", f"{_us(costs['model'])} an image", f"{result.batch_size} a run, {raw:,.0f} images/s alone"],
        ["PNG encoder", f"{_us(costs['encode'])} an image", ""],
        ["HTTP, PNG", f"{_us(costs['http png'])} a request", "constant bytes of the same size"],
        ["HTTP, raw", f"{_us(costs['http raw'])} a request", ""],
    ]


def _besides(result: Result) -> list[list[str]]:
    rows = []
    if result.half_load and result.half_load_constant:
        ratio = statistics.median(result.half_load.p99_s) / result.service_s
        about = f"p99 is {ratio:.1f} times a lone request's {1000 * result.service_s:.2f} ms"
        rows += [
            [f"PNG, {result.half_load.rate:,.0f}/s at random", _latency(result.half_load), about],
            ["constant bytes likewise", _latency(result.half_load_constant), ""],
            ["sent", "", f"99 % at most {_ms(result.half_load.lateness_s)} late"],
        ]
        if result.plan.cores == 1:
            yardstick = "a queue of one server, one image at a time (M/D/1)"
            rows.append(["by arithmetic", f"p99 {_time(result.queue_s)}", yardstick])
    if result.not_modified_per_s:
        share = result.capacity / result.not_modified_per_s
        rows.append(
            ["304", f"{result.not_modified_per_s:,.0f} requests/s", f"{share:.2f} of the cost of a drawn image"]
        )
    rows.append(["the same image", f"{result.same_image_per_s:,.0f} requests/s", ""])
    if result.memory:
        rows.append(["server's memory", f"{result.memory / 1e6:.0f} MB", ""])
    rows.append(["images compared", f"{result.compared}", "equal, pixel by pixel"])
    rows.append(["failures", f"{result.failures}", ""])
    return rows


def _overload(found: Overload) -> list[list[str]]:
    retry = (
        ", ".join(
            f"{value} s ({number}x)"
            for value, number in sorted(
                found.retry_after.items(), key=lambda item: int(item[0]) if item[0].isdigit() else 0
            )
        )
        or "none"
    )
    memory = ["-" if value is None else f"{value / 1e6:.0f} MB" for value in (found.memory_before, found.memory_after)]
    return [
        ["asked", f"{found.rate:,.0f} requests/s", f"for {found.seconds:.0f} s"],
        ["accepted", f"{found.accepted_per_s:,.0f} requests/s", _times(found.p50_s, found.p99_s)],
        *([str(status) if status else "no reply", f"{share:.1%}", ""] for status, share in found.shares.items()),
        ["Retry-After", retry, ""],
        ["memory", memory[0], f"{memory[1]} afterwards"],
        [
            "right after",
            f"{found.after_per_s:,.0f} requests/s",
            f"{found.after_per_s / found.usual_per_s:.2f} of before",
        ],
    ]


def _latency(latency: Latency) -> str:
    return _times(statistics.median(latency.p50_s), statistics.median(latency.p99_s))


def _times(p50: float, p99: float) -> str:
    return f"p50 {_time(p50)}, p99 {_time(p99)}"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.2f} ms"


def _ms(values: Sequence[float]) -> str:
    return _time(statistics.median(values))


def _us(seconds: float) -> str:
    return f"{1e6 * seconds:.0f} us"
