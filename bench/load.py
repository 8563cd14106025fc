"""The load: check-ins made beforehand, over keep-alive connections, from one plain epoll loop."""

import gc
import random
import re
import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bench.roster import PEOPLE
from bench.wire import Wire

CLOSED_CONNECTIONS = 64
OPEN_CONNECTIONS = 256
WARM_UP = 250
LONGEST_WAIT = 0.05
AFTERMATH = 1.0
REQUEST = (
    "POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n"
    "{headers}Content-Length: {length}\r\n\r\n"
)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
CLOSING = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
OK = re.compile(rb"HTTP/1\.[01] 200")


def check_ins(wire: Wire, first_id: int) -> list[bytes]:
    """One whole request a member, in an order that mixes the branches; ids count up from `first_id`."""
    people = random.Random(first_id).sample(PEOPLE, len(PEOPLE))
    return [_request(wire, person[1], first_id + place) for place, person in enumerate(people)]


def _request(wire: Wire, sender: str, number: int) -> bytes:
    sent = wire.check_in(sender, number)
    headers = "".join(f"{name}: {value}\r\n" for name, value in sent.headers.items())
    target = wire.path + sent.query
    head = REQUEST.format(target=target, headers=headers, length=len(sent.body))
    return head.encode() + sent.body


@dataclass(slots=True)
class Outcome:
    """What came back; times in seconds since the start, `due` and `done` by request."""

    due: list[float]
    done: dict[int, float] = field(default_factory=dict)
    bodies: dict[int, bytes] = field(default_factory=dict)
    sent: int = 0
    all_sent_at: float = 0.0
    generator_cpu: float = 0.0

    @property
    def answered(self) -> int:
        return len(self.bodies)

    def rate(self) -> float:
        """Answers a second between the warm-up and the last request's going out."""
        times = sorted(self.done.values())
        counted = [at for at in times[WARM_UP:] if at <= self.all_sent_at]
        if len(counted) < 2:
            return 0.0
        return (len(counted) - 1) / (counted[-1] - counted[0])

    def latencies(self) -> list[float]:
        """Milliseconds from when each was due; what never came counts as endless."""
        waits = [self.done.get(n, float("inf")) - self.due[n] for n in range(WARM_UP, self.sent)]
        return sorted(1000 * wait for wait in waits)

    def wrong(self, wire: Wire, samples: int = 50) -> list[str]:
        """Answers of a sample that do not say that the check-in was recorded."""
        chosen = random.sample(sorted(self.bodies), min(samples, len(self.bodies)))
        said = [wire.words(self.bodies[number]) for number in chosen]
        return [text for text in said if "签到成功" not in text]


def as_fast_as_possible(port: int, requests: Sequence[bytes], seconds: float) -> Outcome:
    """Closed loop: every connection sends again as soon as it has its answer."""
    return _drive(port, requests, [0.0] * len(requests), CLOSED_CONNECTIONS, seconds)


def at_rate(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> Outcome:
    """Open loop: requests come when they come, answered or not, as people do (Poisson)."""
    chance, at, due = random.Random(5), 0.0, []
    while at < seconds and len(due) < len(requests):
        at += chance.expovariate(rate)
        due.append(at)
    return _drive(port, requests[: len(due)], due, OPEN_CONNECTIONS, seconds + AFTERMATH)


class _Wires:
    """Connections: kept alive where the server does, opened when needed, `free` of them at most."""

    def __init__(self, port: int, most: int) -> None:
        self._port = port
        self._poll = select.epoll()
        self._idle: list[socket.socket] = []
        self._busy: dict[int, tuple[socket.socket, int, bytes]] = {}
        self.free = most

    @property
    def waiting(self) -> bool:
        return bool(self._busy)

    def send(self, number: int, request: bytes) -> None:
        wire = self._idle.pop() if self._idle else self._connected()
        self._busy[wire.fileno()] = (wire, number, b"")
        self.free -= 1
        wire.send(request)

    def answers(self, timeout: float) -> Iterator[tuple[int, bytes, bytes]]:
        """(number, head, body) of what came whole within the timeout."""
        select.select([self._poll], [], [], timeout)  # epoll alone waits in whole milliseconds
        for descriptor, _events in self._poll.poll(0):
            wire, number, received = self._busy[descriptor]
            data = wire.recv(65536)
            received += data
            head, _, body = received.partition(b"\r\n\r\n")
            if data and not _is_whole(head, body):
                self._busy[descriptor] = (wire, number, received)
                continue
            self._free(wire, keep=bool(data) and not CLOSING.search(head))
            yield number, head, body

    def close(self) -> None:
        for wire in [*self._idle, *(wire for wire, _number, _received in self._busy.values())]:
            wire.close()
        self._poll.close()

    def _connected(self) -> socket.socket:
        wire = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poll.register(wire.fileno(), select.EPOLLIN)
        return wire

    def _free(self, wire: socket.socket, *, keep: bool) -> None:
        del self._busy[wire.fileno()]
        self.free += 1
        if keep:
            self._idle.append(wire)
        else:
            wire.close()


def _is_whole(head: bytes, body: bytes) -> bool:
    found = LENGTH.search(head + b"\r\n")
    return found is not None and len(body) >= int(found[1])


def _drive(
    port: int, requests: Sequence[bytes], due: list[float], connections: int, seconds: float
) -> Outcome:
    wires = _Wires(port, connections)
    gc.collect()
    gc.disable()
    try:
        return _exchange(wires, requests, due, seconds)
    finally:
        gc.enable()
        wires.close()


def _exchange(
    wires: _Wires, requests: Sequence[bytes], due: list[float], seconds: float
) -> Outcome:
    outcome, last, now = Outcome(due), len(requests), 0.0
    cpu, start = time.process_time(), time.perf_counter()
    while now < seconds and (outcome.sent < last or wires.waiting):
        while wires.free and outcome.sent < last and due[outcome.sent] <= now:
            wires.send(outcome.sent, requests[outcome.sent])
            outcome.sent += 1
            outcome.all_sent_at = now
        rest = LONGEST_WAIT
        if wires.free and outcome.sent < last:
            rest = max(0.0, due[outcome.sent] - (time.perf_counter() - start))
        for number, head, body in wires.answers(rest):
            outcome.done[number] = time.perf_counter() - start
            if OK.match(head) and body:
                outcome.bodies[number] = body
        now = time.perf_counter() - start
    outcome.generator_cpu = (time.process_time() - cpu) / max(outcome.answered, 1)
    return outcome
