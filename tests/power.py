"""What a disk may hold after the power was cut: a model of what was flushed and what was not.

A write that was not flushed may be there, in half, or not at all; a name that was made, moved or
removed is sure only once its folder was flushed, and of several any may have made it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

Tree = dict[str, bytes]
MOST_PENDING = 6
"""So many unflushed names are tried in every combination; of more, the newest ones."""


@dataclass
class Inode:
    """A file's bytes, as written and as flushed."""

    written: bytes = b""
    flushed: bytes = b""

    def states(self) -> list[bytes]:
        if self.written == self.flushed:
            return [self.flushed]
        return [self.flushed, self.written[: len(self.written) // 2], self.written]


@dataclass
class Name:
    """A change of a folder that is not flushed yet: a name that leads to a file, or to nothing."""

    path: str
    inode: Inode | None
    gone: str = ""
    """The name it had before."""


@dataclass
class Model:
    """The disk: what is sure, and what is on its way."""

    sure: dict[str, Inode]
    names: dict[str, Inode]
    pending: list[Name] = field(default_factory=list)
    handles: dict[int, tuple[str, Inode | None]] = field(default_factory=dict)

    def states(self) -> Iterator[Tree]:
        """Every tree that may be found after a cut now."""
        some = self.pending[-MOST_PENDING:]
        for taken in product((False, True), repeat=len(some)):
            tree = dict(self.sure)
            chosen = [one for one, there in zip(some, taken, strict=True) if there]
            for one in [*self.pending[: len(self.pending) - len(some)], *chosen]:
                tree.pop(one.gone, None)
                if one.inode is None:
                    tree.pop(one.path, None)
                else:
                    tree[one.path] = one.inode
            paths, inodes = list(tree), list(tree.values())
            for contents in product(*(inode.states() for inode in inodes)):
                yield dict(zip(paths, contents, strict=True))

    def step(self, name: str, arguments: tuple[Any, ...], result: Any) -> None:
        """Take one step of the disk."""
        if name == "open":
            self._open(str(arguments[0]), arguments[1], result)
        elif name == "write":
            inode = self.handles[arguments[0]][1]
            assert inode is not None
            inode.written += bytes(arguments[1])[:result]
        elif name == "fsync":
            self._flush(*self.handles[arguments[0]])
        elif name == "close":
            self.handles.pop(arguments[0], None)
        elif name == "replace":
            before, after = str(arguments[0]), str(arguments[1])
            self.names[after] = self.names.pop(before)
            self.pending.append(Name(after, self.names[after], before))
        elif name == "unlink":
            path = str(arguments[0])
            self.names.pop(path)
            self.pending.append(Name(path, None))

    def _open(self, path: str, flags: int, handle: int) -> None:
        if flags & os.O_CREAT and path not in self.names:
            self.names[path] = Inode()
            self.pending.append(Name(path, self.names[path]))
        self.handles[handle] = (path, self.names.get(path))

    def _flush(self, path: str, inode: Inode | None) -> None:
        if inode is not None:
            inode.flushed = inode.written
            return
        for one in [one for one in self.pending if str(Path(one.path).parent) == path]:
            self.pending.remove(one)
            self.sure.pop(one.gone, None)
            if one.inode is None:
                self.sure.pop(one.path, None)
            else:
                self.sure[one.path] = one.inode


def model_of(folder: Path) -> Model:
    """The disk as it is, all of it flushed."""
    sure = {}
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            sure[str(path)] = Inode(data, data)
    return Model(sure, dict(sure))


def cuts(
    before: Model, steps: list[tuple[str, tuple[Any, ...], Any]]
) -> Iterator[tuple[int, Tree]]:
    """Every tree that a cut after any step may leave; with the number of the step, each once."""
    seen = set()
    for number, step in enumerate(steps, 1):
        before.step(*step)
        for tree in before.states():
            key = (
                number == len(steps),
                frozenset((path, hash(data)) for path, data in tree.items()),
            )
            if key not in seen:
                seen.add(key)
                yield number, tree


def lay_out(tree: Tree, folder: Path, under: Path) -> None:
    """Make a folder as a tree says; paths of the tree lie under another folder."""
    for path, data in tree.items():
        place = folder / Path(path).relative_to(under)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
