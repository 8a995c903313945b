"""Do neighbours' programs show, out of the gateways, the vessels that Fairway has?

    .venv/bin/python tools/peers/gateways.py target/demo/fairway

Starts the demo and an engine that hears it, with one gateway of each language that a stranger's program reads. gpsd
and Signal K must list the vessels of the JSON feed, as in peers.py; libasterix and tshark must read the system tracks
as we do, as many as there are vessels and where they are; what is said in IVEF must be valid by its schema. Exit 1
when one disagrees; one that cannot be had is skipped.
"""

import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Callable
from xml.etree import ElementTree

import asterix
from ivef import NAMESPACE, Schema
from peers import (COMPARE_LIMIT_S, POSITION_LIMIT_M, Demo, Feed, Gpsd, Peer, Sight, SignalK, Skipped, can_connect,
                   compare_until, distance_m, free_port, gather, installed, started, stop, wait_for)

LISTEN_S = 12
USER, PASSWORD = "vts-east", "a word & <another>"
SHARED = Path(os.environ.get("FAIRWAY_SHARED", Path(__file__).resolve().parents[3] / "shared"))
SCHEMA = SHARED / "data/radar/ivef-0.2.5.xsd"
ETHERNET = 1


class SignalKDelta(SignalK):
    """The same server, told in its own language."""

    def install(self) -> None:
        super().install()
        self.name += ", by delta"

    def settings(self, port: int) -> dict:
        settings = super().settings(port)
        source = {"type": "SignalK", "logging": False,
                  "subOptions": {"type": "tcp", "host": "127.0.0.1", "port": str(port)}}
        settings["pipedProviders"][0]["pipeElements"][0]["options"] = source
        return settings


class OpenCpn(Peer):
    """Debian 12 has no package of it; where there is one, it is not driven yet."""

    def install(self) -> None:
        raise Skipped("no package in Debian 12")


class Told(Feed):
    """The JSON feed as neighbours have it: a tentative track is told to none of them."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.tentative: set[int] = set()

    def take_track(self, track: dict) -> None:
        super().take_track(track)
        if track.get("life") == "tentative":
            self.tentative.add(track["id"])
        else:
            self.tentative.discard(track["id"])

    def vessels(self) -> set[int]:
        return {mmsi for number, mmsi in self.tracks.items() if number not in self.tentative}


class Engine:
    """`fairway run`, hearing the demo's NMEA feed."""

    def __init__(self, fairway: Path, folder: Path, nmea_port: int) -> None:
        self.ports = {name: free_port() for name in ("json", "nmea", "signal-k", "asterix", "ivef")}
        secret = folder / "vts-east.password"
        secret.touch(0o600)
        secret.write_text(PASSWORD)
        doors = {"nmea": "", "signal-k": "", "asterix": "sac = 25\nsic = 7\n",
                 "ivef": f'users = [{{ name = "{USER}", password_file = "{secret.name}" }}]\n'}
        text = f'[[source]]\nname = "demo"\nkind = "tcp-client"\naddress = "127.0.0.1:{nmea_port}"\n'
        text += f'[feed]\njson = "127.0.0.1:{self.ports["json"]}"\n'
        for format, more in doors.items():
            text += (f'[[gateway]]\nname = "{format}"\nformat = "{format}"\n'
                     f'listen = "127.0.0.1:{self.ports[format]}"\n{more}')
        (folder / "fairway.toml").write_text(text)
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen([str(fairway), "run", "-c", str(folder / "fairway.toml")],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: self.process.poll() is not None or all(map(can_connect, self.ports.values())), 20,
                 "the engine to listen")
        if self.process.poll() is not None:
            raise RuntimeError("the engine ended at once: " + (folder / "log").read_text())


def heard(port: int, seconds: float) -> bytes:
    """What a gateway says in that time."""
    said = bytearray()
    deadline = time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        while (left := deadline - time.monotonic()) > 0:
            peer.settimeout(left)
            try:
                piece = peer.recv(1 << 16)
            except TimeoutError:
                break
            if not piece:
                raise RuntimeError("the gateway hung up")
            said += piece
    return bytes(said)


def blocks(said: bytes) -> list[bytes]:
    """ASTERIX data blocks; the last may be cut."""
    found = []
    while len(said) >= 3:
        length = struct.unpack(">H", said[1:3])[0]
        if length < 3 or length > len(said):
            break
        found.append(said[:length])
        said = said[length:]
    return found


def pcap(payloads: list[bytes]) -> bytes:
    """As if they had been datagrams to port 8600."""
    out = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, ETHERNET))
    now = int(time.time())
    for payload in payloads:
        udp = struct.pack(">HHHH", 8600, 8600, 8 + len(payload), 0) + payload
        head = bytes([0x45, 0]) + struct.pack(">HHHBBH", 20 + len(udp), 0, 0, 64, 17, 0) + bytes([127, 0, 0, 1] * 2)
        total = sum(struct.unpack(">10H", head))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        head = head[:10] + struct.pack(">H", ~total & 0xFFFF) + head[12:]
        frame = bytes(12) + b"\x08\x00" + head + udp
        out += struct.pack("<IIII", now, 0, len(frame), len(frame)) + frame
    return bytes(out)


def vessels(feed: Feed) -> set[int]:
    with feed.lock:
        return feed.vessels()


def beside(feed: Feed, before: set[int], seen: dict[int, Sight]) -> tuple[str, list[str]]:
    """What somebody saw from then until now, beside what the feed had all that time."""
    after = vessels(feed)
    with feed.lock:
        ours = before & after
        apart = {mmsi: feed.apart_m(mmsi, sight) for mmsi, sight in seen.items() if mmsi in ours}
        missing, extra = sorted(ours - seen.keys()), sorted(seen.keys() - after - feed.gone - feed.marks)
    far = [mmsi for mmsi, metres in apart.items() if metres > POSITION_LIMIT_M]
    line = (f"{len(apart)} of {len(ours)} vessels, {len(missing)} missing, {len(extra)} extra, "
            f"positions within {max(apart.values(), default=0):.0f} m")
    faults = [f"  {what}: {some[:5]}" for what, some in
              (("missing", missing), ("extra", extra), ("far off", far)) if some]
    return line, faults if ours else ["  the feed has no vessels"]


def system_tracks(fairway: Path, engine: Engine, feed: Feed, folder: Path) -> list[tuple[str, Callable]]:
    """Checks of CAT062: what libasterix and tshark read in it, record by record, and how many are where."""
    before = vessels(feed)
    said, at = blocks(heard(engine.ports["asterix"], LISTEN_S)), time.time()
    path = folder / "tracks.pcap"
    path.write_bytes(pcap(said))
    records = asterix.ours(str(fairway), path)
    seen: dict[int, Sight] = {}
    for record in records:
        items = record["items"]
        if record["cat"] == 62 and "SP" in items and "105" in items:
            # The day's second of the track, on the clock of this machine.
            valid = at - (at - items.get("070", at)) % 86400
            digits = bytes.fromhex(items["SP"]).decode() if isinstance(items["SP"], str) else ""
            seen[int(digits)] = Sight(items["105"]["LAT"], items["105"]["LON"], valid)
    line, faults = beside(feed, before, seen)

    def check(with_peer: Callable[[], list[str]]) -> tuple[str, list[str]]:
        wrong = with_peer()
        return (f"{len(records)} records, {len(wrong)} differences; {line}",
                [*faults, *(f"  {one}" for one in wrong[:5])] if records else ["  no records"])

    return [("libasterix", lambda: check(lambda: asterix.check_libasterix(records, folder))),
            ("tshark", lambda: check(lambda: asterix.check_tshark(records, path)))]


def ivef(engine: Engine, feed: Feed) -> tuple[str, list[str]]:
    """A dialogue: login, picture, a ping, another service, logout. Each word of it is valid."""
    if not SCHEMA.exists():
        raise Skipped("no shared data")
    schema = Schema(str(SCHEMA))
    end = b"</MSG_IVEF>"
    seen: dict[int, Sight] = {}
    answers: list[str] = []
    valid, before = 0, vessels(feed)
    with socket.create_connection(("127.0.0.1", engine.ports["ivef"]), timeout=LISTEN_S) as peer:

        def say(body: str) -> None:
            text = (f'<MSG_IVEF xmlns="{NAMESPACE}"><Header MsgRefId="{{{uuid.uuid4()}}}" Version="0.2.5"/>'
                    f"<Body>{body}</Body></MSG_IVEF>").encode()
            judge(schema, text)
            peer.sendall(text)

        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000Z"
        word = PASSWORD.replace("&", "&amp;").replace("<", "&lt;")
        say(f'<LoginRequest Name="{USER}" Password="{word}" Encryption="1"/>')
        buffer, deadline, asked = b"", time.monotonic() + LISTEN_S, False
        while True:
            try:
                piece = peer.recv(1 << 16)
            except TimeoutError:
                break
            if not piece:
                break
            *whole, buffer = (buffer + piece).split(end)
            for text in whole:
                # Pretty or not: what stands before the declaration is white space.
                text = text.strip() + end
                judge(schema, text)
                valid += 1
                body = ElementTree.fromstring(text)[1]
                answers.append(body[0].tag.split("}")[1])
                take(body, seen)
            if not asked and time.monotonic() > deadline - LISTEN_S / 2:
                asked = True
                say(f'<Ping TimeStamp="{moment}"/>')
                say('<ServiceRequest><Transmission Type="2" Period="5"/><Item DataSelector="1" FieldSelector="all"/></ServiceRequest>')
            if time.monotonic() > deadline:
                say("<Logout/>")
                deadline += 3600
    line, faults = beside(feed, before, seen)
    expected = {"LoginResponse", "ObjectDatas", "Pong", "ServiceRequestResponse"}
    faults += [f"  never said: {what}" for what in sorted(expected - set(answers))]
    return f"{valid} messages valid; {line}", faults


def judge(schema: Schema, text: bytes) -> None:
    """Whether a message is valid, or ValueError."""
    from lxml import etree
    try:
        schema.assertValid(schema.parse(text))
    except etree.LxmlError as error:
        raise ValueError(f"{error}: {text[:300]!r}") from error


def take(body: ElementTree.Element, seen: dict[int, Sight]) -> None:
    """Who is where by a message."""
    name = f"{{{NAMESPACE}}}"
    for thing in body.iter(name + "ObjectData"):
        pos = thing.find(f"{name}TrackData/{name}Pos")
        known = thing.find(f"{name}VesselData/{name}Identifier")
        if pos is not None and known is not None and known.get("MMSI"):
            seen[int(known.get("MMSI"))] = Sight(float(pos.get("Lat")), float(pos.get("Long")), time.time())


def show(fairway: Path, folder: Path) -> tuple[int, int, int]:
    """How many agree, disagree, and cannot be had."""
    known: list[tuple[str, Peer]] = [("gpsd", Gpsd()), ("Signal K", SignalK()), ("Signal K by delta", SignalKDelta()),
                                     ("OpenCPN", OpenCpn())]
    peers = list(installed(known))
    skipped, agree, wrong = len(known) - len(peers), 0, 0
    demo, engine = Demo(fairway), None
    try:
        demo.wait()
        engine = Engine(fairway, folder, demo.ports["nmea"])
        feed = Told(engine.ports["json"])
        feed.start()
        gather(feed)
        delta = [peer for peer in peers if isinstance(peer, SignalKDelta)]
        (folder / "nmea").mkdir()
        (folder / "delta").mkdir()
        running, failures = started([peer for peer in peers if peer not in delta], engine.ports["nmea"], folder / "nmea")
        more, others = started(delta, engine.ports["signal-k"], folder / "delta")
        for failure in failures + others:
            print(failure)
            wrong += 1
        if feed.failure:
            raise RuntimeError(f"JSON feed: {feed.failure}")
        for result in compare_until(running + more, feed, COMPARE_LIMIT_S).values():
            print("\n".join([result.line, *result.details]), flush=True)
            agree, wrong = agree + result.agrees, wrong + (not result.agrees)
        for name, check in [*system_tracks(fairway, engine, feed, folder), ("IVEF", lambda: ivef(engine, feed))]:
            try:
                line, faults = check()
            except (OSError, ValueError) as error:
                line, faults = "cannot be checked", [f"  {type(error).__name__}: {error}"]
            except (Skipped, ImportError) as reason:
                print(f"skipped: {name} ({reason})")
                skipped += 1
                continue
            print("\n".join([f"{name}: {line}", *faults]), flush=True)
            agree, wrong = agree + (not faults), wrong + bool(faults)
    finally:
        for peer in peers:
            peer.stop()
        if engine:
            stop(engine.process)
        demo.stop()
    return agree, wrong, skipped


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory(prefix="fairway-gateways-") as folder:
        try:
            agree, wrong, skipped = show(Path(sys.argv[1]).resolve(), Path(folder))
        except (OSError, RuntimeError) as error:
            print(f"gateways: cannot run: {error}")
            return 2
    print(f"gateways: {agree} passed, {wrong} failed, {skipped} skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
