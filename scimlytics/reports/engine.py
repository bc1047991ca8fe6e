"""The papermill engine: one kernel for all notebooks of a report, or one each."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

from scimlytics.errors import ReportError

QUIET = logging.getLogger("scimlytics.reports")
"""What nbclient has to say; a report says itself what went wrong."""
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False
NAME = "scimlytics"
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERPROFILE",
)
"""What the kernel gets to see of the environment. Credentials are not among it, by construction."""
SOCKET_LIMIT = 90
"""A Unix socket's path may have about 107 characters; the kernel's sockets add a few of their own."""


class Kernel:
    """A kernel that is started when it is first needed, and again after it died."""

    def __init__(self, *, isolate: bool) -> None:
        self.isolate = isolate
        self._folder = tempfile.TemporaryDirectory(prefix="scimlytics-")
        self._manager: Any = None
        self._started = 0

    def __enter__(self) -> Kernel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.drop()
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """The kernel's own folder; gone when the report is made."""
        return Path(self._folder.name)

    def manager(self) -> Any:
        """The manager of the kernel; the client starts the kernel where there is none yet."""
        if self._manager is None:
            self._started += 1
            connection = self.folder / f"k{self._started}.json"
            short = len(str(connection)) < SOCKET_LIMIT and sys.platform != "win32"
            self._manager = AsyncKernelManager(
                kernel_name="python3",
                # The kernel of this very interpreter, whatever kernels the user has installed.
                kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
                connection_file=str(connection),
                transport="ipc" if short else "tcp",
            )
        return self._manager

    def drop(self) -> None:
        """End the kernel, if there is one; the next notebook gets a new one."""
        from jupyter_core.utils import run_sync

        manager, self._manager = self._manager, None
        if manager is not None and manager.has_kernel:
            run_sync(manager.shutdown_kernel)(now=True)


class Client(PapermillNotebookClient):  # type: ignore[misc]
    """Runs the cells of one notebook, after the kernel has been restored."""

    page: tuple[str, str, str] = ("", "", "")

    def papermill_execute_cells(self) -> None:
        """Restore the kernel, then run the cells as papermill does."""
        begin = f"__import__('scimlytics.reports.session', fromlist=['_']).begin{self.page!r}"
        reply = self.wait_for_reply(self.kc.execute(begin, silent=True, store_history=False))
        if reply["content"]["status"] != "ok":
            raise ReportError(f"The kernel cannot be used: {reply['content'].get('evalue')}.")
        super().papermill_execute_cells()


class SharedKernelEngine(Engine):  # type: ignore[misc]
    """papermill's engine, on a kernel that outlives the notebook."""

    @classmethod
    def execute_managed_notebook(  # noqa: D102  (papermill's contract)
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        kernel: Kernel,
        page: tuple[str, str, str],
        execution_timeout: float | None = None,
        start_timeout: float = 60,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        input_path: Any = None,
    ) -> None:
        client = Client(
            nb_man,
            km=kernel.manager(),
            timeout=execution_timeout,
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            log=QUIET,
            log_output=log_output,
        )
        client.page = page
        healthy = False
        try:
            client.execute(cleanup_kc=False, env=environment(kernel.folder), cwd=page[2])
            healthy = True
        finally:
            if client.kc is not None:
                client.kc.stop_channels()
            if kernel.isolate or not healthy:
                kernel.drop()


def environment(folder: Path) -> dict[str, str]:
    """The environment of the kernel: what it needs to run, and nothing that could be a secret.

    Parameters
    ----------
    folder
        A folder of the kernel's own. The user's IPython settings and startup files are left out.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "IPYTHONDIR": str(folder / "ipython"),
        # Figures as data: the page draws them, with the one plotly.js that lies beside it.
        "PLOTLY_RENDERER": "plotly_mimetype",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


papermill_engines.register(NAME, SharedKernelEngine)
