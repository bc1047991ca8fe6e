"""The commands put together, and the one place that turns an error into a line and an exit code."""

from __future__ import annotations

import traceback
from importlib import import_module
from typing import Annotated

import typer

from scimlytics import __version__
from scimlytics.cli.streams import complain, prepare, put, say
from scimlytics.errors import ScimlyticsError

COMMANDS = (
    "demo",
    "init",
    "inspect",
    "check",
    "explain",
    "report",
    "plan",
    "diff",
    "pull",
    "store",
    "lab",
    "notebook",
)
"""The modules of ``commands``, in the order of the help. Each has ``register(app)``."""
BUG, INTERRUPTED = 70, 130
EXIT_CODES = {
    0: "Nothing at or above `--fail-on` (`high` when left out), or the command did its work.",
    1: "Findings at or above `--fail-on`.",
    2: "The input or the command is wrong.",
    3: "The evidence is too incomplete to decide.",
    4: "A system refused, or could not be reached.",
    5: "A wait longer than the budget; resume later.",
    6: "The store is damaged or locked.",
    BUG: "A bug in scimlytics, with its traceback.",
}
"""What the exit codes mean; no command has codes of its own."""


def application() -> typer.Typer:
    """All commands, as an application of typer."""
    app = typer.Typer(
        name="scimlytics",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(top)
    for name in COMMANDS:
        import_module(f"scimlytics.cli.commands.{name}").register(app)
    return app


def top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Say the version and leave.")] = False,
) -> None:
    """Reconcile a directory, its provisioning log and the application they feed.

    Start with `scimlytics demo`. It needs no data and contacts no system.
    """
    if version:
        put(f"scimlytics {__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        put(context.get_help() + "\n")


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments
        What follows ``scimlytics``; without it, the arguments of this process.
    """
    prepare()
    try:
        command = typer.main.get_command(application())
        code = command.main(arguments, prog_name="scimlytics", standalone_mode=False)
        if code == INTERRUPTED:  # typer has caught it
            say("Interrupted.")
        return code if isinstance(code, int) else 0
    except ScimlyticsError as error:
        complain(str(error))
        return error.exit_code
    except typer.TyperException as error:
        complain(_usage(error))
        return 2
    except (KeyboardInterrupt, typer.Abort):  # before typer, or instead of an answer
        say("Interrupted.")
        return INTERRUPTED
    except SystemExit:  # how typer leaves when nobody reads its help
        return 0
    except Exception:
        say(*traceback.format_exc().splitlines())
        say("This is a bug in scimlytics; please report it with the lines above.")
        return BUG


def _usage(error: typer.TyperException) -> str:
    """What is wrong with the arguments, in one line that says where help is."""
    message = " ".join(error.format_message().replace("Value error, ", "").split())
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    stop = "" if message.endswith(("?", ".")) else "."
    return f"{message}{stop} See '{context.command_path} --help'."
