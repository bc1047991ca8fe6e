"""What faults, throttles, lists in motion and hostile links do to a pull.

- schedules: pulls from five kinds of system with one to ten faults each, strewn at random; what the store
  holds then is held against what the server has (``tests/schedules.py``);
- churn: lists in which people come and go between two pages; no pull of them may be called whole with
  somebody missing who was there all the time;
- throttles: so many in a row, in every spelling; the server's clock tells who came early;
- links: every address that leads astray, from every place that an address may come from, beside a port
  where nobody should come;
- canaries: all commands on a store pulled from servers that repeat the credential in their errors; it is
  looked for in all that was said and written, in nine encodings.

Prints a JSON line per figure.

    python benchmarks/pulls.py [--schedules 10000] [--churn 5000] [--throttles 1000]
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import quote

from figures import show

from scimlytics.cli.app import run
from tests.faults import CUT, astray
from tests.loopback import SECRET, Asked, FakeClock, Reply, Server, client, listener
from tests.schedules import KINDS, Outcome, Stage, World, play
from tests.walking import Churn, walked

GOOD = {"totalResults": 1, "Resources": [{"id": "1"}]}


def one_schedule(seed: int) -> Outcome:
    """Play a schedule in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return play(seed, Path(folder))


def schedules(number: int) -> None:
    """Random faults."""
    # Each helper begins afresh: a copy of this process would hold its threads' locks and not the threads.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as crew:
        outcomes = list(crew.map(one_schedule, range(number), chunksize=20))
    for one in outcomes:
        for wrong in one.wrong:
            sys.stderr.write(f"schedule {one.seed}, {one.kind}: {wrong}\n")
    wrong = sum(bool(one.wrong) for one in outcomes)
    stopped = sum(one.stopped for one in outcomes)
    met = sum(one.met for one in outcomes)
    of = {"schedules": number, "kinds": len(KINDS), "faults_met": met, "stopped_honestly": stopped}
    show("pulls", "schedules_with_rows_lost_or_invented", wrong, "schedules", 0, **of)


def churn(number: int) -> None:
    """Lists in motion."""
    for order in ("appended", "sorted"):
        lost = whole = naive = 0
        for seed in range(number):
            server = Churn(seed, rate=0.04 if seed % 2 else 0.3, alphabetical=order == "sorted")
            found = walked(server)
            whole += found.whole
            lost += bool(found.whole and server.served_since - set(found.rows))
            naive += counted_only(seed, order)
        of = {
            "seeds": number,
            "new_rows": order,
            "graded_whole": whole,
            "lossy_by_counting_rows_alone": naive,
        }
        show("pulls", "lossy_pulls_graded_whole", lost, "pulls", 0, **of)


def counted_only(seed: int, order: str) -> bool:
    """Whether a client that only counts rows would call a pull whole that lost one."""
    server = Churn(seed, rate=0.04 if seed % 2 else 0.3, alphabetical=order == "sorted")
    seen: list[str] = []
    total = start = 1
    while start <= total and start < 2000:
        document = server.answer(start, 10)
        rows = [one["id"] for one in document["Resources"]]
        seen, total, start = seen + rows, document["totalResults"], start + 10
        if not rows:
            break
    return len(set(seen)) == total and bool(server.served_since - set(seen))


def throttles(number: int) -> None:
    """Waits in every spelling."""
    clock = FakeClock()
    told: list[float] = []

    def answers(asked: Asked) -> Reply:
        if asked.number > number:
            return Reply(GOOD)
        seconds, headers = spelled(asked.number, clock)
        told.append(seconds)
        return Reply({}, 429, headers)

    with Server(answers, clock) as server:
        client(server, budget=1e9).get("/Users")
    gaps = [later.at - before.at for before, later in pairwise(server.asked)]
    early = sum(gap < wait - 1e-6 for gap, wait in zip(gaps, told, strict=True))
    show("pulls", "requests_earlier_than_told", early, "requests", 0, throttles=number)


def spelled(place: int, clock: FakeClock) -> tuple[float, dict[str, str]]:
    """A wait: its seconds, and the header that tells it; dates name whole seconds of the server's."""
    seconds = 1 + (place * 37 % 900) / 100
    now = clock.now().replace(microsecond=0)
    then = now + timedelta(seconds=int(seconds) + 1)
    until = (then - clock.now()).total_seconds()
    ways = (
        (seconds, {"Retry-After": f"{seconds:.3f}"}),
        (int(seconds), {"Retry-After": str(int(seconds))}),
        (seconds, {"Retry-After-Ms": f"{seconds * 1000:.0f}"}),
        (seconds, {"X-Ms-Retry-After-Ms": f"{seconds * 1000:.0f}"}),
        (until, {"Retry-After": format_datetime(then, usegmt=True)}),
    )
    return ways[place % len(ways)]


Made = Callable[[str], Reply]
SOURCES: dict[str, tuple[str, Made]] = {
    "@odata.nextLink": ("graph", lambda link: Reply({"value": [], "@odata.nextLink": link})),
    "Link": ("okta", lambda link: Reply([], headers={"Link": f'<{in_header(link)}>; rel="next"'})),
    "Location": ("scim", lambda link: Reply({}, 302, {"Location": in_header(link)})),
    "Content-Location": (
        "scim",
        lambda link: Reply(GOOD, headers={"Content-Location": in_header(link)}),
    ),
    "$ref and meta.location": (
        "scim",
        lambda link: Reply(
            {
                "totalResults": 1,
                "Resources": [{"id": "1", "$ref": link, "meta": {"location": link}}],
            }
        ),
    ),
}
"""Where an address may come from: the kind of system, and the answer that bears it."""


def in_header(link: str) -> str:
    """An address as a header can carry it."""
    text = link.encode("utf-8").decode("latin-1")
    return text.translate({13: "%0d", 10: "%0a", 0: "%00"})


def links() -> None:
    """Addresses that lead astray, from every place that they may come from."""
    tried = len(astray(0, 0))
    with listener() as (port, heard):
        for kind, made in SOURCES.values():
            for place in range(tried):
                with tempfile.TemporaryDirectory() as folder:
                    stage = Stage(kind, World([1, 2, 3, 4, 5]), Path(folder))
                    stage.pull(partial(led_astray, port, place, made))
        arrived = sum(map(len, heard))
    of = {"links": tried, "sources": list(SOURCES)}
    show("pulls", "bytes_at_the_evil_listener", arrived, "bytes", 0, **of)


def led_astray(port: int, place: int, made: Made, asked: Asked) -> Reply | None:
    """Answer the list of users with an address that leads to a port."""
    if not asked.path.casefold().endswith("/users"):
        return None
    own = int(asked.headers["Host"].rpartition(":")[2])
    return made(astray(port, own)[place])


def encodings(secret: str) -> dict[str, bytes]:
    """How a secret may look where it leaks."""
    plain = secret.encode()
    shifted = [base64.b64encode(b"x" * lead + plain)[4:-4] for lead in range(3)]
    return {
        "plain": plain,
        "base64": shifted[0],
        "base64 shifted by 1": shifted[1],
        "base64 shifted by 2": shifted[2],
        "base64url": base64.urlsafe_b64encode(plain).rstrip(b"="),
        "hex": plain.hex().encode(),
        "url": quote(secret, safe="").replace("-", "%2D").encode(),
        "utf-16": secret.encode("utf-16-le"),
        "backwards": plain[::-1],
    }


def written(folder: Path) -> Iterator[bytes]:
    """All that lies in a folder, tables as their texts."""
    import pyarrow.parquet as pq

    for path in folder.rglob("*"):
        if not path.is_file() or path.name == "token":
            continue
        yield path.read_bytes()
        if path.suffix == ".parquet":
            yield str(pq.read_table(path).to_pylist()).encode()


def canaries() -> None:
    """A credential that servers repeat, looked for everywhere."""
    echoed = {"detail": f"bad token {SECRET}", "error": {"message": f"Bearer {SECRET}"}}
    faults: list[Reply] = [
        *(Reply(raw=one) for one in CUT.values()),
        *(Reply(echoed, status) for status in (400, 401, 403, 404, 429, 500, 503)),
        Reply(echoed),
        Reply({}, 302, {"Location": f"https://example.com/?token={SECRET}"}),
        Reply(body=f"<html>{SECRET}</html>".encode(), headers={"Content-Type": "text/html"}),
    ]
    hits: list[str] = []
    looked = 0
    with tempfile.TemporaryDirectory() as name:
        for place, fault in enumerate(faults):
            folder = Path(name) / str(place)
            folder.mkdir()
            stage = Stage(KINDS[place % len(KINDS)], World([1, 2, 3, 4, 5]), folder)
            said = [stage.pull(lambda _: None)[1], stage.pull(partial(second, fault))[1]]
            said += commands(stage, folder)
            for data in [*written(folder), *(one.encode() for one in said)]:
                looked += 1
                found = [way for way, form in encodings(SECRET).items() if form in data]
                hits += [f"{place}: {way}" for way in found]
    for hit in hits:
        sys.stderr.write(f"canary {hit}\n")
    of = {"faults": len(faults), "texts_and_files": looked, "encodings": len(encodings(SECRET))}
    show("pulls", "canaries_found", len(hits), "places", 0, **of)


def second(fault: Reply, asked: Asked) -> Reply | None:
    """A fault as the second answer."""
    return fault if asked.number == 2 else None


def commands(stage: Stage, folder: Path) -> list[str]:
    """What all commands say of a store."""
    store, out, said = str(stage.store), str(folder / "out"), []
    for command in (
        ["inspect", store],
        ["inspect", store, "--format", "json"],
        ["check", store, "--format", "json"],
        ["check", store, "--format", "csv", "--out", f"{out}.csv"],
        ["explain", store, "p1@example.com"],
        ["plan", store, "--format", "json", "--out", f"{out}.json"],
        ["diff", store, store],
        ["report", store, "--only", "overview", "--out", f"{out}-report"],
        ["store", "verify", store],
        ["store", "export", store, "--out", f"{out}-export"],
    ):
        if command[0] != "report" or folder.name == "0":
            stream = io.StringIO()
            with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
                run(command)
            said.append(stream.getvalue())
    return said


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--churn", type=int, default=5_000)
    parser.add_argument("--throttles", type=int, default=1_000)
    asked = parser.parse_args()
    throttles(asked.throttles)
    links()
    canaries()
    churn(asked.churn)
    schedules(asked.schedules)


if __name__ == "__main__":
    main()
