"""A contender as a process of its own: seeded once, started on core 0 with a fresh copy, ended."""

import contextlib
import http.client
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LONGEST_START = 30.0
LONGEST_END = 10.0
CONTENDER_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Contender:
    """`table` is where its check-ins lie, in the one database of its folder."""

    name: str
    module: str
    table: str

    def seed(self, folder: Path, platform: str) -> None:
        """People who are bound on this platform."""
        folder.mkdir(parents=True)
        command = [*self._command("seed"), str(folder), platform]
        subprocess.run(command, check=True, env=_environment(folder))

    @contextlib.contextmanager
    def serving(self, seeded: Path) -> Iterator["Running"]:
        """Start on a fresh copy of what was seeded; end it and remove the copy in any case."""
        folder = seeded.with_name(seeded.name + ".run")
        shutil.copytree(seeded, folder)
        port = _free_port()
        begun = time.perf_counter()
        with on_core(CONTENDER_CORE):
            process = subprocess.Popen(
                [*self._command("serve"), str(folder), str(port)],
                env=_environment(folder),
                stdout=subprocess.DEVNULL,
            )
        try:
            _wait_until_served(process, port)
            yield Running(self, process.pid, port, folder, time.perf_counter() - begun)
        finally:
            _end(process)
            shutil.rmtree(folder)

    def _command(self, task: str) -> list[str]:
        return [sys.executable, "-m", f"bench.{self.module}", task]


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that answers."""

    contender: Contender
    pid: int
    port: int
    folder: Path
    ready_after: float

    def memory(self) -> float:
        """Resident megabytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def recorded(self) -> int:
        """How many check-ins its database holds."""
        (database,) = self.folder.glob("*.db")
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as found:
            return found.execute(f"SELECT count(*) FROM {self.contender.table}").fetchone()[0]


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started inside runs on this core; the caller goes back to where it was."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _environment(folder: Path) -> dict[str, str]:
    """Compiled modules are kept for the run, as an installed program has them, but nowhere else."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder.parent / "compiled")}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def _wait_until_served(process: subprocess.Popen, port: int) -> None:
    give_up = time.perf_counter() + LONGEST_START
    while time.perf_counter() < give_up:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.005)
        finally:
            connection.close()
    raise RuntimeError(f"{process.args} did not answer within {LONGEST_START:.0f} s")


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(LONGEST_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
