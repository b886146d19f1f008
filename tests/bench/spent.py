"""What a child process spends: CPU seconds of it and of its own children, wall time, and the peak of its memory.

The peak is that of the process alone: its high-water mark is read from ``/proc`` while it runs, some fifty times a
second. Where there is no ``/proc``, it is the one that the system gives at the end, which a larger child of the child,
or the process that started it, may have set.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

GLANCE = 0.02
"""Seconds between two looks at the memory of a child."""
LAST_WORDS = 600
"""Characters of what a child that failed had said."""
BARE = Path(__file__).with_name("bare")
"""Modules that hide others from a child."""
_WITHHELD = ("proxy", "telegram", "_token")
"""What no child is given: everything goes to loopback, and nothing to a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """CPU and wall seconds, megabytes at the peak, and the last line that it said."""

    cpu: float
    wall: float
    peak: float
    last: str = ""


class Failed(Exception):
    """A child ended with an error; the message is what it said last."""


def net(whole: float, single: float, feeds: int) -> float:
    """What a thousand feeds cost when so many cost ``whole`` and one costs ``single``, start-up included in both."""
    return 1_000 * max(whole - single, 1e-3) / (feeds - 1)


def run(command: Sequence[str], *, extra: Mapping[str, str] | None = None) -> Spent:
    """Run a command to its end, without numpy. Raises Failed."""
    given = environment() | {"PYTHONPATH": str(BARE)} | dict(extra or {})
    with tempfile.TemporaryFile() as said:
        start = time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=given)
        try:
            spent = _watch(child, start)
        except BaseException:
            child.kill()
            child.wait()
            raise
        if child.returncode:
            raise Failed(f"{' '.join(command[:4])} ... ended with {child.returncode}: {_last_words(said)}")
        return replace(spent, last=_last_words(said).rpartition("\n")[2])


def environment() -> dict[str, str]:
    """Our own, without proxies and the keys of a bot."""
    return {name: value for name, value in os.environ.items() if not any(word in name.lower() for word in _WITHHELD)}


def _watch(child: subprocess.Popen[bytes], start: float) -> Spent:
    peak = 0.0
    while True:
        peak = max(peak, high_water(child.pid))
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(GLANCE)
    child.returncode = os.waitstatus_to_exitcode(status)
    at_end = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
    return Spent(cpu=usage.ru_utime + usage.ru_stime, wall=time.monotonic() - start, peak=peak or at_end)


def high_water(pid: int | str = "self") -> float:
    """The peak of a process in megabytes, or 0 where it cannot be told."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = status.partition("VmHWM:")[2].split(maxsplit=1)
    return int(found[0]) * 1024 / 1e6 if found else 0.0


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace").strip()[-LAST_WORDS:]
