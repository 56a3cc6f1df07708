"""Supervisor: starts our processes, starts a dead one again, and leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from glassbox.runtime.children import die_with_parent

LOOK_SECONDS = 0.5
STOP_SECONDS = 10.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
# A child that lived this long was well; its next pause starts small again.
WELL_AFTER_SECONDS = 60.0


@dataclass(kw_only=True)
class Child:
    """One process that should be running."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_seconds: float = FIRST_PAUSE_SECONDS
    start_again_at: float = field(default=0.0)


class Supervisor:
    """Keeps children running until told to stop, each ended by its own id."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = list(children)
        self.stopping = threading.Event()

    def start(self) -> None:
        """Start every child."""
        for child in self.children:
            _start(child)

    def add(self, child: Child) -> None:
        """Start one more child and look after it from now on."""
        self.children.append(child)
        _start(child)

    def watch(self) -> None:
        """Start again what dies, later each time, until `stop` is asked for."""
        while not self.stopping.wait(LOOK_SECONDS):
            for child in self.children:
                self._look_after(child)

    def stop(self) -> None:
        """End every child and wait until it is gone; last started, first ended."""
        self.stopping.set()
        running = [child for child in reversed(self.children) if child.process is not None]
        for child in running:
            assert child.process is not None
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        ends = time.monotonic() + STOP_SECONDS
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def _look_after(self, child: Child) -> None:
        if child.process is not None and child.process.poll() is None:
            return
        now = time.monotonic()
        if child.process is not None:
            if now - child.started_at > WELL_AFTER_SECONDS:
                child.pause_seconds = FIRST_PAUSE_SECONDS
            code = child.process.returncode
            sys.stderr.write(
                f"{child.name} ended ({code}); starting it again in {child.pause_seconds:.1f} s\n"
            )
            child.process = None
            child.start_again_at = now + child.pause_seconds
            child.pause_seconds = min(child.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        if now >= child.start_again_at:
            _start(child)


def _start(child: Child) -> None:
    # A session of its own: Ctrl-C in the terminal reaches us alone, and we end it in order.
    child.process = subprocess.Popen(
        list(child.command),
        env=child.environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    child.started_at = time.monotonic()
