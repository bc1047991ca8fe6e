"""One system is read: its collections walked, kept on the shelf, loaded, and judged.

What comes out is what the loaders make of the pages, with a verdict for each part: whole, or why
not. Nothing here decides what is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from queue import SimpleQueue

from scimlytics.connectors import files_com, graph, okta, scim
from scimlytics.connectors.collection import Collection, Connector, Window
from scimlytics.connectors.http import Client, UnusableError
from scimlytics.connectors.judging import Got, Order, Pulled, judged
from scimlytics.connectors.shelf import Shelf
from scimlytics.connectors.walks import TornError, part
from scimlytics.errors import SystemRefusedError

CONNECTORS: dict[str, Connector] = {
    "graph": graph.CONNECTOR,
    "okta": okta.CONNECTOR,
    "files.com": files_com.CONNECTOR,
    "scim": scim.CONNECTOR,
}
RESTARTS = 3
GROUPS = 200
"""The members of so many groups are planned together."""
CLOCKS_APART = 60.0
"""Seconds that two clocks may differ before the server's is believed."""
LAG = timedelta(minutes=15)
"""Logs are read up to so long ago: what is newer may still arrive."""


def pull(order: Order) -> Pulled:
    """Read one system, going on where an earlier run stopped.

    Raises
    ------
    BudgetError
        The server asks to wait for too long; what was read stays on the shelf.
    InputError
        The credential cannot be read.
    """
    connector = CONNECTORS[order.system.product]
    client = Client(
        order.name,
        connector.base(order.system),
        connector.auth(order.system, order.name, order.folder, order.tell),
        order.budget,
        paces=connector.paces,
        at_once=order.at_once,
        ca=None if order.system.ca is None else str(order.folder / order.system.ca),
    )
    fingerprint = sha256(order.system.model_dump_json().encode()).hexdigest()
    shelf = Shelf(order.shelf, fingerprint, order.budget.clock.now())
    try:
        got = _read(order, connector, client, shelf)
        skew = timedelta(seconds=client.skew if abs(client.skew) > CLOCKS_APART else 0)
        return judged(order, shelf, got, skew, _asker(connector, client))
    finally:
        client.close()


def _read(order: Order, connector: Connector, client: Client, shelf: Shelf) -> list[Got]:
    """Walk through every collection; what the server refuses is noted and the next is read."""
    got: list[Got] = []
    until = shelf.begun - LAG
    window = Window(order.known.logs, until - timedelta(days=order.log_days), until)
    collection: Collection | None = None
    try:
        for some in _together(connector.plan(order.system, client, shelf, window), order.at_once):
            collection = some[0]
            order.progress(f"{order.name}: {collection.name}")
            got += _crew(some, client, shelf, order.at_once)
    except SystemRefusedError as error:
        name, unit = (collection.name, collection.unit) if collection else (order.name, "users")
        got.append(Got(name, unit, 0, 0, 0, 0, False, str(error), refused=True, last=True))
    return got


def _together(plan: Iterable[Collection], at_once: int) -> Iterator[list[Collection]]:
    """Collections that may be read at once: members of groups; each other one stands alone."""
    some: list[Collection] = []
    for collection in plan:
        if some and (collection.group_id is None or len(some) == GROUPS):
            yield some
            some = []
        if collection.group_id is None or at_once == 1:
            yield [collection]
        else:
            some.append(collection)
    if some:
        yield some


def _crew(some: list[Collection], client: Client, shelf: Shelf, at_once: int) -> list[Got]:
    """Walk through collections at once, each in a thread with a client of its own; in their order."""
    if len(some) == 1:
        return [_walked(some[0], client, shelf)]
    idle: SimpleQueue[Client] = SimpleQueue()
    clients = [client.sibling() for _ in range(min(at_once, len(some)))]
    for one in clients:
        idle.put(one)

    def walked(collection: Collection) -> Got:
        mine = idle.get()
        try:
            return _walked(collection, mine, shelf)
        finally:
            idle.put(mine)

    with ThreadPoolExecutor(len(clients)) as crew:
        try:
            return list(crew.map(walked, some))
        finally:
            crew.shutdown(cancel_futures=True)
            for one in clients:
                one.close()


def _walked(collection: Collection, client: Client, shelf: Shelf) -> Got:
    """Walk through one collection to its end, or to where it cannot go on."""
    before = replace(client.counts)
    while (kept := shelf.kept(collection.name)).ended is None:
        try:
            page = collection.walk(client, kept.state)
        except TornError as torn:
            if len(kept.restarts) >= RESTARTS:
                shelf.end(collection.name, part(f"torn {RESTARTS + 1} times: {torn}"))
            else:
                shelf.restart(collection.name, str(torn))
        except UnusableError:
            raise
        except SystemRefusedError as error:
            shelf.end(collection.name, {**part(str(error)), "refused": not collection.optional})
        else:
            if page.body is not None:
                shelf.keep(collection.name, page.body, page.rows, page.state, page.ended)
            elif page.ended is not None:
                shelf.end(collection.name, page.ended)
    ended = kept.ended
    return Got(
        name=collection.name,
        unit=collection.unit,
        rows=kept.rows,
        pages=len(kept.files),
        requests=client.counts.requests - before.requests,
        throttles=client.counts.throttles - before.throttles,
        whole=bool(ended["whole"]),
        why=str(ended["why"]),
        optional=collection.optional,
        group_id=collection.group_id,
        leads_to=collection.leads_to,
        total=ended["total"],
        log=collection.log,
        refused=bool(ended.get("refused")),
    )


def _asker(connector: Connector, client: Client) -> Callable[[str], bool] | None:
    exists = connector.exists
    return None if exists is None else lambda account: exists(client, account)
