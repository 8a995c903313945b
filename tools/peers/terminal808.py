"""A JT/T 808 terminal, written from the standard's rules alone, against Fairway's server over real sockets.

    terminal808.py target/debug/fairway               every dialogue once, and 200 terminals at once
    terminal808.py target/debug/fairway --many 5000   the same with so many, the engine held to one core

Nothing here is shared with the server: framing, escapes, checks, both headers and all bodies are this file's own.
Exit 1 where the server does not do what a terminal expects.
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

BEIJING = timezone(timedelta(hours=8))
PATIENCE_S = 20
MMSI_FIRST = 412_000_000
CONFIG = """\
[[source]]
name = "terminals"
kind = "tcp-server"
format = "jt808"
address = "127.0.0.1:{port}"
key = {key}

[registry]
path = {registry}

[http]
listen = "127.0.0.1:{http}"

[changes]
path = {changes}
"""


class Wrong(Exception):
    """The server did something that a terminal does not expect."""


def expect(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise Wrong(f"{what}: {seen!r} and not {wanted!r}")


# Framing: 7e, escaped (header, body, xor), 7e.


def escape(raw: bytes) -> bytes:
    return raw.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def unescape(raw: bytes) -> bytes:
    out, at = bytearray(), 0
    while at < len(raw):
        if raw[at] == 0x7D:
            out.append({1: 0x7D, 2: 0x7E}[raw[at + 1]])
            at += 2
        else:
            out.append(raw[at])
            at += 1
    return bytes(out)


def xor(raw: bytes) -> int:
    total = 0
    for byte in raw:
        total ^= byte
    return total


def bcd(digits: str, count: int) -> bytes:
    return bytes.fromhex(digits.rjust(count * 2, "0"))


def u16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def micro(degrees: float) -> bytes:
    return u32(round(abs(degrees) * 1_000_000))


def location(lat: float, lon: float, when: datetime, sog_kmh: float = 12.0, alarm: int = 0) -> bytes:
    status = 1 << 1 | 1 << 19 | (1 << 2 if lat < 0 else 0) | (1 << 3 if lon < 0 else 0)
    stamp = bytes.fromhex(when.astimezone(BEIJING).strftime("%y%m%d%H%M%S"))
    fixed = u32(alarm) + u32(status) + micro(lat) + micro(lon) + u16(5) + u16(round(sog_kmh * 10)) + u16(270)
    return fixed + stamp + bytes([0x01, 4]) + u32(1234) + bytes([0x30, 1, 25, 0x31, 1, 12])


class Terminal:
    """One terminal: its number, its edition, its counters, and its connection."""

    def __init__(self, phone: str, edition: int) -> None:
        self.phone, self.edition = phone, edition
        self.serial, self.code = 0, b""
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def connect(self, port: int) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)

    async def hang_up(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass

    def frame(self, number: int, body: bytes, part: tuple[int, int] | None = None) -> bytes:
        new = self.edition == 2019
        properties = len(body) | (1 << 13 if part else 0) | (1 << 14 if new else 0)
        head = u16(number) + u16(properties)
        head += b"\x01" + bcd(self.phone, 10) if new else bcd(self.phone, 6)
        head += u16(self.serial)
        if part:
            head += u16(part[0]) + u16(part[1])
        self.serial = (self.serial + 1) & 0xFFFF
        content = head + body
        return b"\x7e" + escape(content + bytes([xor(content)])) + b"\x7e"

    async def hear(self) -> tuple[int, int, bytes]:
        """The next frame from the server: number, serial, body."""
        inside = b""
        while not inside:
            inside = (await asyncio.wait_for(self.reader.readuntil(b"\x7e"), PATIENCE_S))[:-1]
        raw = unescape(inside)
        expect("checksum of a reply", xor(raw), 0)
        number, properties = int.from_bytes(raw[:2], "big"), int.from_bytes(raw[2:4], "big")
        new = bool(properties & 1 << 14)
        expect("edition of a reply", new, self.edition == 2019)
        at = 5 if new else 4
        size = 10 if new else 6
        expect("phone of a reply", raw[at : at + size], bcd(self.phone, size))
        body = raw[at + size + 2 : -1]
        expect("length of a reply", len(body), properties & 0x3FF)
        return number, int.from_bytes(raw[at + size : at + size + 2], "big"), body

    async def ask(self, number: int, body: bytes) -> int:
        """Sends a message and waits for the general reply; returns its result."""
        serial = self.serial
        self.writer.write(self.frame(number, body))
        return await self.result(number, serial)

    async def result(self, number: int, serial: int) -> int:
        kind, _, body = await self.hear()
        expect("number of a reply", kind, 0x8001)
        expect("what a reply is to", body[:4], u16(serial) + u16(number))
        return body[4]

    async def register(self) -> int:
        maker, model, own = (11, 30, 30) if self.edition == 2019 else (5, 20, 7)
        body = u16(33) + u16(903) + b"MAKER".ljust(maker, b"\0") + b"MODEL-7E".ljust(model, b"\0")
        body += self.phone[-7:].encode().ljust(own, b"\0") + b"\x00" + "浙普渔12345".encode("gbk")
        serial = self.serial
        self.writer.write(self.frame(0x0100, body))
        kind, _, reply = await self.hear()
        expect("number of the reply to a registration", kind, 0x8100)
        expect("serial of the registration", reply[:2], u16(serial))
        self.code = reply[3:]
        return reply[2]

    async def authenticate(self, code: bytes | None = None) -> int:
        code = self.code if code is None else code
        if self.edition == 2019:
            return await self.ask(0x0102, bytes([len(code)]) + code + b"8" * 15 + b"v1".ljust(20, b"\0"))
        return await self.ask(0x0102, code)

    async def enter(self, port: int) -> None:
        await self.connect(port)
        expect("registration", await self.register(), 0)
        expect("authentication", await self.authenticate(), 0)


class Engine:
    """A running `fairway run`, and what it says of itself."""

    def __init__(self, fairway: Path, folder: Path, vessels: int, one_core: bool) -> None:
        self.port, self.http = free_port(), free_port()
        self.changes = folder / "changes.jsonl"
        registry = folder / "vessels.csv"
        lines = [f"{MMSI_FIRST + n},{phone_of(n)}\n" for n in range(vessels)]
        registry.write_text("mmsi,terminal\n" + "".join(lines))
        config = folder / "fairway.toml"
        paths = {"key": folder / "key", "registry": registry, "changes": self.changes}
        quoted = {name: json.dumps(str(path)) for name, path in paths.items()}
        config.write_text(CONFIG.format(port=self.port, http=self.http, **quoted))
        held = ["taskset", "-c", "0"] if one_core else []
        self.process = subprocess.Popen([*held, fairway, "run", "-c", config], stdout=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def metrics(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics") as answer:
            lines = (line.decode().rsplit(" ", 1) for line in answer if line.startswith(b"fairway_"))
            return {name: float(value) for name, value in lines}

    def metric(self, name: str) -> int:
        """The sum over all labels."""
        return int(sum(value for key, value in self.metrics().items() if key.split("{")[0] == name))

    def accounted(self) -> int:
        parts = ["used_total", "rejected_total", "pending", "duplicate_total", "other_total"]
        values = self.metrics()
        of = lambda name: sum(v for k, v in values.items() if k.split("{")[0] == f"fairway_sentence{name}")
        candidates = of("_candidates_total")
        expect("every frame is accounted for", sum(of(f"s_{part}") for part in parts), candidates)
        return int(candidates)

    async def eventually(self, name: str, wanted: int) -> None:
        until = time.monotonic() + PATIENCE_S
        while (seen := self.metric(name)) != wanted:
            if time.monotonic() > until:
                expect(name, seen, wanted)
            await asyncio.sleep(0.05)

    def seen(self) -> dict[int, tuple[float, float]]:
        """Where each vessel was last reported."""
        places = {}
        for line in self.changes.read_text().splitlines():
            track = json.loads(line).get("track")
            if track and track.get("reported") and track.get("identity", {}).get("mmsi"):
                reported = track["reported"]
                places[track["identity"]["mmsi"]] = (reported["lat"], reported["lon"])
        return places

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) // 1024

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE_S)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def phone_of(vessel: int) -> str:
    return str(13_900_000_000 + vessel)


async def dialogue(engine: Engine, vessel: int, edition: int) -> None:
    """All that one terminal does in its life."""
    terminal = Terminal(phone_of(vessel), edition)
    now = datetime.now(timezone.utc)
    lat, lon = 29.9 + vessel / 1000, 122.1
    await terminal.connect(engine.port)
    expect("a location before a code", await terminal.ask(0x0200, location(lat, lon, now)), 1)
    expect("registration", await terminal.register(), 0)
    if not terminal.code:
        raise Wrong("no code")
    expect("a wrong code", await terminal.authenticate(b"0" * 32), 1)
    expect("authentication", await terminal.authenticate(), 0)
    expect("heartbeat", await terminal.ask(0x0002, b""), 0)
    expect("location", await terminal.ask(0x0200, location(lat, lon, now - timedelta(seconds=2))), 0)
    expect("the same again", await terminal.ask(0x0200, location(lat, lon, now - timedelta(seconds=2))), 0)
    expect("a call for help", await terminal.ask(0x0200, location(lat, lon, now, alarm=1)), 4)
    expect("a body that is too short", await terminal.ask(0x0200, b"\0" * 27), 2)
    expect("a message that nobody knows", await terminal.ask(0x0F0F, b"~}~}"), 3)
    if edition == 2019:
        terminal.writer.write(terminal.frame(0x0004, b""))
        number, _, body = await terminal.hear()
        expect("the time", number, 0x8004)
        told = datetime.strptime(body.hex(), "%y%m%d%H%M%S").replace(tzinfo=timezone.utc)
        expect("the time is right", abs((told - now).total_seconds()) < 60, True)

    # Noise on the line costs itself: a frame with a flipped byte, and one cut off by the next.
    sound = terminal.frame(0x0002, b"")
    terminal.writer.write(sound[:8] + bytes([sound[8] ^ 0x10]) + sound[9:])
    terminal.writer.write(terminal.frame(0x0200, location(lat, lon, now))[:30])
    expect("heartbeat behind noise", await terminal.ask(0x0002, b""), 0)

    # Kept back while there was no coverage: too many for one frame. One part is lost, and asked for again.
    kept = [location(lat, lon, now - timedelta(seconds=600 - 10 * n), sog_kmh=0) for n in range(60)]
    body = u16(len(kept)) + b"\x01" + b"".join(u16(len(one)) + one for one in kept)
    pieces = [body[at : at + 800] for at in range(0, len(body), 800)]
    first = terminal.serial
    parts = [terminal.frame(0x0704, piece, (len(pieces), n + 1)) for n, piece in enumerate(pieces)]
    order = [len(pieces) - 1, *range(0, len(pieces) - 1)]
    lost = order.pop()
    for n in order:
        terminal.writer.write(parts[n])
        expect("a part", await terminal.result(0x0704, first + n), 0)
    number, _, asked = await terminal.hear()
    expect("what is missing is asked for", number, 0x8003)
    count = u16(1) if edition == 2019 else b"\x01"
    expect("which part", asked, u16(first) + count + u16(lost + 1))
    terminal.writer.write(parts[lost])
    expect("the last part", await terminal.result(0x0704, first + lost), 0)

    # The line is cut without a word; the code is still good.
    terminal.writer.transport.abort()
    await terminal.connect(engine.port)
    expect("authentication after a cut", await terminal.authenticate(), 0)
    expect("location after a cut", await terminal.ask(0x0200, location(lat, lon + 0.001, now)), 0)
    expect("logout", await terminal.ask(0x0003, b""), 0)
    expect("a location after logging out", await terminal.ask(0x0200, location(lat, lon, now)), 1)
    await terminal.hang_up()


async def two_addresses(engine: Engine, vessel: int) -> None:
    """The newer connection speaks for a terminal, and the dispute is told."""
    before = engine.metric("fairway_terminal_two_addresses_total")
    one = Terminal(phone_of(vessel), 2013)
    await one.enter(engine.port)
    other = Terminal(phone_of(vessel), 2013)
    other.code = one.code
    await other.connect(engine.port)
    expect("the copy's authentication", await other.authenticate(), 0)
    expect("the end of the first", await asyncio.wait_for(one.reader.read(), PATIENCE_S), b"")
    expect("heartbeat of the second", await other.ask(0x0002, b""), 0)
    await engine.eventually("fairway_terminal_two_addresses_total", before + 1)
    expect("disputed now", engine.metric("fairway_terminals_disputed"), 1)
    await one.hang_up()
    await other.hang_up()


async def many(engine: Engine, first: int, count: int) -> dict[str, float]:
    """So many terminals at once: all of them present, then all of them reporting."""
    began, gate = time.monotonic(), asyncio.Semaphore(200)
    terminals = [Terminal(phone_of(first + n), 2019 if n % 2 else 2013) for n in range(count)]

    async def enter(terminal: Terminal) -> None:
        async with gate:
            await terminal.enter(engine.port)

    await asyncio.gather(*map(enter, terminals))
    entered_s = time.monotonic() - began
    await engine.eventually("fairway_terminals_authenticated", count)
    rounds, slowest_s, spent_s, began = 5, 0.0, engine.cpu_s(), time.monotonic()
    for step in range(rounds):
        when = datetime.now(timezone.utc)

        async def report(n: int, terminal: Terminal) -> float:
            sent = time.monotonic()
            body = location(29.0 + n // 100 / 50, 122.0 + n % 100 / 50 + step / 10_000, when)
            expect("location of one of many", await terminal.ask(0x0200, body), 0)
            return time.monotonic() - sent

        slowest_s = max(slowest_s, *await asyncio.gather(*(report(n, t) for n, t in enumerate(terminals))))
    taken_s, spent_s = time.monotonic() - began, engine.cpu_s() - spent_s
    await asyncio.gather(*(terminal.hang_up() for terminal in terminals))
    await engine.eventually("fairway_terminals_authenticated", 0)
    return {"terminals": count, "enter_s": entered_s, "reports_per_s": rounds * count / taken_s,
            "slowest_reply_s": slowest_s, "engine_us_per_report": spent_s / (rounds * count) * 1e6}


async def all_of_it(engine: Engine, count: int) -> None:
    await asyncio.gather(dialogue(engine, 0, 2013), dialogue(engine, 1, 2019))
    await two_addresses(engine, 2)
    figures = await many(engine, 10, count)
    await engine.eventually("fairway_source_peers", 0)
    candidates = engine.accounted()
    # Two dialogues of two emergencies, 60 kept locations each, and everything that many said.
    expect("calls for help", engine.metric("fairway_terminal_emergencies_total"), 2)
    expect("parts asked for again", engine.metric("fairway_terminal_parts_asked_again_total"), 2)
    expect("frames refused", engine.metric("fairway_sentences_rejected_total") >= 2 * 5, True)
    print(f"{candidates} frames accounted for; peak {engine.memory_mib()} MiB;",
          ", ".join(f"{name} {value:.6g}" for name, value in figures.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fairway", type=Path)
    parser.add_argument("--many", type=int, default=200)
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * arguments.many + 200
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(arguments.fairway.resolve(), Path(folder), 10 + arguments.many, arguments.many >= 1000)
        try:
            asyncio.run(all_of_it(engine, arguments.many))
        except (Wrong, asyncio.TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            print(f"terminal808: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
        finally:
            engine.stop()
        places = engine.seen()
        for vessel in (0, 1):
            lat, lon = places.get(MMSI_FIRST + vessel, (0, 0))
            if abs(lat - (29.9 + vessel / 1000)) > 1e-6 or abs(lon - 122.101) > 1e-6:
                print(f"terminal808: vessel {vessel} was last seen at {lat}, {lon}", file=sys.stderr)
                return 1
        print(f"{len(places)} vessels in the picture where their terminals said")
    return 0


if __name__ == "__main__":
    sys.exit(main())
