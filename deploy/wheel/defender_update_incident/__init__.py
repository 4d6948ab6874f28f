"""The program `defender-update-incident` for wrappers in Python: where it is, and how to run it so that nothing it says is lost.

`run` starts it without a shell, passes a request to end on to it and waits, reads stdout whatever the exit code, and never lets it
outlive the process that started it. What came of it is an `Outcome`; `Outcome.raise_for_failure` makes a `Failure` of one that is
no success, for a platform that wants an exception.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib.metadata
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Union

__all__ = ["Failure", "Outcome", "path", "run", "run_async"]

PROGRAM = "defender-update-incident"

Document = Union[Mapping[str, Any], str, bytes, None]


@dataclass(frozen=True)
class Outcome:
    """What came of one run."""

    exit_code: int
    """The program's, as its README has it; below 0 the signal that killed it, 126 and 127 where it did not start."""
    envelope: Dict[str, Any]
    """What it said on stdout. Where it could say nothing, this module says in its place `name` (`ProgramNotStarted`,
    `ProgramKilled`, `ProgramUnreadable`), `message`, `help` and `update`."""
    stderr: str = ""
    """Warnings, and what `RUST_LOG` asks for. No secret stands in it."""
    signal: Optional[int] = None
    """The signal that came for this process meanwhile, and was passed on: whoever loops over updates ends here."""

    @property
    def ok(self) -> bool:
        """Whether it did what it was asked to. Only where the run was an update does that mean `applied`."""
        return self.exit_code == 0 and "name" not in self.envelope

    @property
    def update(self) -> str:
        """Of a failure: `applied`, `not_applied`, `unknown`, or through Graph `partly_applied`: the values are set, and the comment is
        not there. Where the envelope does not tell, `unknown`."""
        return str(self.envelope.get("update", "unknown"))

    @property
    def parts(self) -> Optional[Dict[str, str]]:
        """Of an update through Graph with values and a comment: what became of each, under `values` and `comment`."""
        return self.envelope.get("parts")

    @property
    def name(self) -> str:
        """Of a failure: its name, to branch on."""
        return str(self.envelope.get("name", "Failure"))

    @property
    def message(self) -> str:
        """Of a failure: what happened."""
        return str(self.envelope.get("message", f"the program ended with exit code {self.exit_code}"))

    @property
    def help(self) -> str:
        """Of a failure: what to do."""
        return str(self.envelope.get("help", ""))

    @property
    def retry_after_secs(self) -> Optional[float]:
        """Of a failure: how long the service asked to wait, in seconds."""
        return self.envelope.get("retry_after_secs")

    @property
    def incident(self) -> Any:
        """The incident as the service answered it, or None: an answer may be empty."""
        return self.envelope.get("json_body")

    def text(self) -> str:
        """All that a person needs to know of a failure, in one line."""
        # Everything that is wrong at once: the message holds the first alone, and a platform may show nothing but this text.
        wrong = [f"`{one['at']}`: {one['problem']}" for one in self.envelope.get("violations") or []]
        what = "; ".join(wrong) if len(wrong) > 1 else self.message
        return f"{self.name}: {what} (update: {self.update}, exit code {self.exit_code}). {self.help}".rstrip(". ") + "."

    def raise_for_failure(self) -> Outcome:
        """Itself, where it is a success.

        Raises:
            Failure: where it is not.
        """
        if self.ok:
            return self
        raise Failure(self)


class Failure(Exception):
    """A run that did not do what it was asked to."""

    def __init__(self, outcome: Outcome) -> None:
        # The one argument, so that engines that pickle exceptions get the same back.
        super().__init__(outcome)
        self.outcome = outcome
        self.exit_code = outcome.exit_code
        self.update = outcome.update
        self.name = outcome.name
        self.message = outcome.message
        self.help = outcome.help
        self.retry_after_secs = outcome.retry_after_secs

    def __str__(self) -> str:
        return self.outcome.text()


def path() -> str:
    """The program that this package brought along.

    Raises:
        FileNotFoundError: where it is in none of the folders that installers use.
    """
    for folder in _folders():
        candidate = os.path.join(folder, PROGRAM)
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    found = shutil.which(PROGRAM)
    if found is None:
        raise FileNotFoundError(f"`{PROGRAM}` is not where its wheel was installed, and not on PATH: install the wheel again")
    return found


def run(
    document: Document,
    args: Sequence[str] = (),
    *,
    program: Optional[str] = None,
    env: Optional[Mapping[str, str]] = None,
    cancelled: Optional[Callable[[], bool]] = None,
) -> Outcome:
    """Runs the program once, to its end.

    Args:
        document: What goes in on stdin: an object, JSON text, or None for nothing.
        args: After the program's name, such as `["--check"]`.
        program: Its path, where it is not the wheel's.
        env: Its whole environment, where it is not this process's.
        cancelled: Asked ten times a second; once it says true the program is asked to end (SIGTERM). It then gives a write in
            flight 5 s to answer, and says what became of it. In the main thread SIGTERM and SIGINT are passed on as well.
    """
    stdin = document if isinstance(document, bytes) else document.encode() if isinstance(document, str) else b""
    if isinstance(document, Mapping):
        stdin = json.dumps(document).encode()
    # The framing is said, since a platform's own variables could choose another.
    framing: List[str] = [] if any(arg.startswith("--framing") for arg in args) else ["--framing", "plain"]
    try:
        process = subprocess.Popen(
            [program or path(), *framing, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            preexec_fn=_end_with_parent(),
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Outcome(126 if isinstance(error, PermissionError) else 127, _not_started(error))
    with _signals_passed_on(process) as seen:
        stdout, stderr = _wait(process, stdin, cancelled)
    told = stderr.decode("utf-8", "replace")
    return Outcome(process.returncode, _envelope(process.returncode, stdout), told, seen[0] if seen else None)


async def run_async(
    document: Document,
    args: Sequence[str] = (),
    *,
    program: Optional[str] = None,
    env: Optional[Mapping[str, str]] = None,
) -> Outcome:
    """The same without blocking the event loop. A task that is cancelled asks the program to end, waits, and stays cancelled. In the
    main thread SIGTERM is passed on too, where nobody has a handler for it."""
    stop = threading.Event()
    loop = asyncio.get_running_loop()
    # A thread of its own: it has to wait for as long as the program runs, and the loop's own are few.
    executor = ThreadPoolExecutor(max_workers=1)
    call = functools.partial(run, document, args, program=program, env=env, cancelled=stop.is_set)
    with _sigterm_sets(stop, loop) as seen:
        running = loop.run_in_executor(executor, call)
        executor.shutdown(wait=False)
        try:
            outcome = await asyncio.shield(running)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait([running])
            raise
    return replace(outcome, signal=seen[0] if seen else None)


def _folders() -> Iterator[str]:
    """Where installers put programs, the likeliest first."""
    # `pip install --target` and its like: beside the modules. Elsewhere there is no such folder.
    yield str(pathlib.Path(__file__).resolve().parent.parent / "bin")
    # The list of what was installed, which holds in every scheme but `--target`.
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files(PROGRAM) or []:
            if file.name == PROGRAM:
                yield str(pathlib.Path(str(file.locate())).resolve().parent)
    yield sysconfig.get_path("scripts")
    with contextlib.suppress(KeyError):
        yield sysconfig.get_path("scripts", f"{os.name}_user")


def _wait(process: subprocess.Popen, stdin: bytes, cancelled: Optional[Callable[[], bool]]) -> tuple:
    """All of stdout and stderr, once the program has ended."""
    asked = False
    to_send: Optional[bytes] = stdin
    try:
        while True:
            try:
                return process.communicate(to_send, timeout=None if cancelled is None or asked else 0.1)
            except subprocess.TimeoutExpired:
                to_send = None
            if cancelled is not None and cancelled():
                asked = True
                process.terminate()
    except BaseException:
        # Whatever ends this function, a platform's time limit for example, ends the program first, and by its own way.
        process.terminate()
        process.communicate()
        raise


@contextlib.contextmanager
def _signals_passed_on(process: subprocess.Popen) -> Iterator[List[int]]:
    """Meanwhile SIGTERM and SIGINT for this process go to the program alone; yields those that came."""
    seen: List[int] = []

    def pass_on(number: int, _frame: Any) -> None:
        seen.append(number)
        process.send_signal(number)

    before: Dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        # An interpreter inside another program may not set any.
        with contextlib.suppress(ValueError):
            for number in (signal.SIGTERM, signal.SIGINT):
                before[number] = signal.signal(number, pass_on)
    try:
        yield seen
    finally:
        for number, handler in before.items():
            # None stands for a handler that is not Python's, and cannot be set again.
            if handler is not None:
                signal.signal(number, handler)


@contextlib.contextmanager
def _sigterm_sets(stop: threading.Event, loop: asyncio.AbstractEventLoop) -> Iterator[List[int]]:
    """Meanwhile SIGTERM for this process, which would end it at once and the program with it, asks the program to end; yields it, if it
    came. A handler that somebody else has set stays."""
    seen: List[int] = []

    def pass_on() -> None:
        for asked, told in _under_way:
            told.append(int(signal.SIGTERM))
            asked.set()

    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and not _under_way and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        # Not every loop has signals.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGTERM, pass_on)
            _loops.append(loop)
    if in_main_thread and loop in _loops:
        _under_way.append((stop, seen))
    try:
        yield seen
    finally:
        if (stop, seen) in _under_way:
            _under_way.remove((stop, seen))
            if not _under_way:
                _loops.remove(loop)
                loop.remove_signal_handler(signal.SIGTERM)


def _end_with_parent() -> Optional[Callable[[], None]]:
    """What makes the kernel kill the program once the thread that started it is gone: a platform may start the same update again
    elsewhere, which is safe only if this run is over. `run` waits in that thread, so it is gone only with its process."""
    if _prctl is None:
        return None
    parent = os.getpid()

    def end_with_parent() -> None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # It was gone before that took effect.
        if os.getppid() != parent:
            os._exit(126)

    return end_with_parent


def _envelope(exit_code: int, stdout: bytes) -> Dict[str, Any]:
    with contextlib.suppress(ValueError, RecursionError):
        envelope = json.loads(stdout)
        if isinstance(envelope, dict):
            return envelope
    if exit_code < 0:
        return {
            "name": "ProgramKilled",
            "message": f"the program was killed by signal {-exit_code} before it could say what became of the update",
            "help": "read the incident before anything is repeated",
            "update": "unknown",
        }
    return {
        "name": "ProgramUnreadable",
        "message": f"the program ended with exit code {exit_code}, and stdout held no JSON object",
        "help": "read the incident before anything is repeated, and look at what was started",
        "update": "unknown",
    }


def _not_started(error: Exception) -> Dict[str, Any]:
    return {
        "name": "ProgramNotStarted",
        "message": f"the program did not start: {error}",
        "help": "install the wheel again, for this machine's processor; nothing was sent",
        "update": "not_applied",
    }


def _load_prctl() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    # Loaded here, before any fork: a child of a process with threads should load nothing.
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        return ctypes.CDLL(None).prctl
    return None


# The runs in the main thread's loop that SIGTERM asks to end, and that loop.
_under_way: List[tuple] = []
_loops: List[asyncio.AbstractEventLoop] = []
_PR_SET_PDEATHSIG = 1
_prctl = _load_prctl()
