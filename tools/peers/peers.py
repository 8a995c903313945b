"""Do strangers' programs show the vessels that Fairway's NMEA feed carries?

    python3 tools/peers/peers.py target/release/fairway

Starts the demo, feeds gpsd and Signal K from its NMEA feed, and compares what each lists with the
JSON feed. What is compared is in README.md beside this file. Exit 1 when a peer disagrees.
"""

import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

DEMO_ARGUMENTS = ["demo", "--for", "150s", "--plain"]
DEMO_ADDRESSES = {"json": 4711, "nmea": 10110}  # where it listens when it does not say
DEMO_START_LIMIT_S = 20
ENOUGH_VESSELS = 300
STEADY_S = 10
GATHER_LIMIT_S = 40
COMPARE_LIMIT_S = 60
POSITION_LIMIT_M = 200
STATES_KEPT = 40
SHOWN = 5
NODE_AT_LEAST = 20
INSTALL_LIMIT_S = 300

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".peers"
METRES_PER_DEGREE = 111_195.0
KNOT = 1852 / 3600


class Skipped(Exception):
    """This peer cannot be had on this machine."""


class Sight(NamedTuple):
    """Where somebody says a vessel is, and when (time.time)."""

    lat: float
    lon: float
    at: float


class State(NamedTuple):
    """One state of a track: true at `valid`, told by the JSON feed at `told` (both time.time)."""

    lat: float
    lon: float
    sog_kn: float
    cog_deg: float
    reported: tuple[float, float] | None
    valid: float
    told: float


class Vessel:
    """What a peer knows about one vessel."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.sight: Sight | None = None


Vessels = dict[int, Vessel]


def tidy(name: str | None) -> str | None:
    text = (name or "").split("@")[0].strip().upper()
    return text or None


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    east = ((lon_a - lon_b + 180) % 360 - 180) * math.cos(math.radians((lat_a + lat_b) / 2))
    return math.hypot(lat_a - lat_b, east) * METRES_PER_DEGREE


def ahead(state: State, seconds: float) -> tuple[float, float]:
    """Dead reckoning."""
    way = state.sog_kn * KNOT * seconds / METRES_PER_DEGREE
    course = math.radians(state.cog_deg)
    return (state.lat + way * math.cos(course),
            state.lon + way * math.sin(course) / max(math.cos(math.radians(state.lat)), 0.01))


def apart_m(sight: Sight, state: State) -> float:
    """How far a peer's position is from a track: as estimated, as predicted to then, as reported."""
    places = [(state.lat, state.lon), ahead(state, sight.at - state.valid)]
    if state.reported:
        places.append(state.reported)
    return min(distance_m(sight.lat, sight.lon, lat, lon) for lat, lon in places)


class JsonLines(threading.Thread):
    """Reads JSON objects, one a line, from a TCP server into `take`, under a lock."""

    def __init__(self, port: int, hello: str) -> None:
        super().__init__(daemon=True)
        self.lock = threading.Lock()
        self.failure: str | None = None
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.settimeout(None)
        self.socket.sendall(hello.encode())

    def run(self) -> None:
        try:
            with self.socket.makefile("rb") as lines:
                for line in lines:
                    message = json.loads(line)
                    with self.lock:
                        self.take(message)
            self.failure = "connection closed"
        except (OSError, ValueError, KeyError) as error:
            self.failure = f"{type(error).__name__}: {error}"

    def take(self, message: dict) -> None:
        raise NotImplementedError


class Feed(JsonLines):
    """The JSON feed: tracks that are alive, marks, and who has gone."""

    def __init__(self, port: int) -> None:
        super().__init__(port, '{"hello":{"client":"peers"}}\n')
        self.tracks: dict[int, int] = {}  # track id -> MMSI
        self.states: dict[int, deque[State]] = {}  # MMSI -> what was told of it
        self.names: dict[int, str] = {}
        self.marks: set[int] = set()
        self.gone: set[int] = set()
        self.complete = False

    def take(self, message: dict) -> None:
        if "track" in message:
            self.take_track(message["track"])
        elif "track_gone" in message:
            mmsi = self.tracks.pop(message["track_gone"]["id"], None)
            if mmsi is not None:
                self.gone.add(mmsi)
        elif "mark" in message:
            self.marks.add(message["mark"]["mmsi"])
        elif "snapshot_end" in message:
            self.complete = True
        elif "error" in message:
            raise ValueError(f"the feed says {message['error']}")

    def take_track(self, track: dict) -> None:
        identity = track.get("identity", {})
        mmsi = identity.get("mmsi")
        if mmsi is None:
            return
        self.tracks[track["id"]] = mmsi
        name = tidy(identity.get("name"))
        if name:
            self.names[mmsi] = name
        reported = track.get("reported")
        state = State(track["lat"], track["lon"], track.get("sog_kn", 0.0), track.get("cog_deg", 0.0),
                      (reported["lat"], reported["lon"]) if reported else None,
                      track["time_us"] / 1e6, time.time())
        self.states.setdefault(mmsi, deque(maxlen=STATES_KEPT)).append(state)

    def vessels(self) -> set[int]:
        return set(self.tracks.values())

    def apart_m(self, mmsi: int, sight: Sight) -> float:
        """From the states told about the time of the sight: the last before it, and any within 2 s."""
        states = list(self.states[mmsi])
        before = [state for state in states if state.told <= sight.at][-1:]
        around = [state for state in states if abs(state.told - sight.at) <= 2]
        return min(apart_m(sight, state) for state in (before + around or states[:1]))


class Peer:
    """A stranger's program that listens to the NMEA feed."""

    name = ""

    def __init__(self) -> None:
        self.process: subprocess.Popen | None = None
        self.folder = Path()

    def install(self) -> None:
        """Makes it ready to start, or raises Skipped."""
        raise NotImplementedError

    def start(self, nmea_port: int) -> None:
        """Runs it in `folder`, listening to the NMEA feed."""
        raise NotImplementedError

    def vessels(self) -> Vessels:
        """What it lists now."""
        raise NotImplementedError

    def launch(self, command: list[str], environment: dict[str, str] | None = None) -> None:
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder, env={**os.environ, **(environment or {})})

    def last_words(self) -> str:
        text = (self.folder / "log").read_text(errors="replace").strip() if self.process else ""
        return text.splitlines()[-1] if text else "no output"

    def stop(self) -> None:
        if self.process:
            stop(self.process)


class GpsdWatch(JsonLines):
    """AIS objects from gpsd, raw integers, as they come."""

    # gpsd's AIS position types and how many units make a degree.
    UNITS = {1: 600_000, 2: 600_000, 3: 600_000, 9: 600_000, 18: 600_000, 19: 600_000, 27: 600}

    def __init__(self, port: int) -> None:
        super().__init__(port, '?WATCH={"enable":true,"json":true,"scaled":false};\n')
        self.seen: Vessels = {}

    def take(self, message: dict) -> None:
        if message.get("class") != "AIS":
            return
        units = self.UNITS.get(message["type"])
        name = tidy(message.get("shipname"))
        if units:
            vessel = self.seen.setdefault(message["mmsi"], Vessel())
            vessel.sight = Sight(message["lat"] / units, message["lon"] / units, time.time())
        if name and message["type"] in (5, 19, 24):
            self.seen.setdefault(message["mmsi"], Vessel()).name = name

    def vessels(self) -> Vessels:
        # A name alone does not make a vessel: it has to have a position too.
        with self.lock:
            return {mmsi: vessel for mmsi, vessel in self.seen.items() if vessel.sight}


class Gpsd(Peer):
    def install(self) -> None:
        if not find_gpsd():
            apt_install("gpsd")
        said = subprocess.run([find_gpsd() or "gpsd", "-V"], capture_output=True, text=True).stdout
        version = re.search(r"\d+\.\d+(\.\d+)?", said)
        self.name = f"gpsd {version.group() if version else 'of unknown version'}"

    def start(self, nmea_port: int) -> None:
        port = free_port()
        # Without -n it connects to the feed when the first client watches: the client misses nothing.
        self.launch([find_gpsd() or "gpsd", "-N", "-S", str(port), f"tcp://127.0.0.1:{nmea_port}"])
        wait_for(lambda: can_connect(port), 10, f"{self.name} to listen")
        self.watch = GpsdWatch(port)
        self.watch.start()

    def vessels(self) -> Vessels:
        if self.watch.failure:
            raise RuntimeError(f"{self.name}: {self.watch.failure}; it says: {self.last_words()}")
        return self.watch.vessels()


class SignalK(Peer):
    # Signal K files aircraft apart; aids and base stations (atons) are no vessels for us either.
    CONTEXTS = ("vessels", "aircraft")

    def install(self) -> None:
        node = shutil.which("node")
        npm = shutil.which("npm")
        if not node or not npm:
            raise Skipped("no node or npm")
        version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
        if int(re.sub(r"\D.*", "", version.lstrip("v")) or 0) < NODE_AT_LEAST:
            raise Skipped(f"node {version}, needs {NODE_AT_LEAST}")
        self.server = npm_install(npm, HERE / "signalk", CACHE / "signalk") / "signalk-server"
        self.name = f"Signal K {json.loads((self.server / 'package.json').read_text())['version']}"

    def settings(self, nmea_port: int) -> dict:
        source = {"type": "NMEA0183", "logging": False,
                  "subOptions": {"type": "tcp", "host": "127.0.0.1", "port": str(nmea_port)}}
        return {"interfaces": {"rest": True, "tcp": False, "nmea-tcp": False, "appstore": False,
                               "plugins": False, "webapps": False, "mdns": False},
                "mdns": False,
                "pipedProviders": [{"id": "fairway", "enabled": True,
                                    "pipeElements": [{"type": "providers/simple", "options": source}]}]}

    def start(self, nmea_port: int) -> None:
        port = free_port()
        (self.folder / "settings.json").write_text(json.dumps(self.settings(nmea_port)))
        self.launch(["node", str(self.server / "bin" / "signalk-server"), "-c", str(self.folder)],
                    {"SIGNALK_NODE_CONFIG_DIR": str(self.folder), "PORT": str(port),
                     "SIGNALK_DISABLE_SERVER_UPDATES": "1"})
        self.root = f"http://127.0.0.1:{port}/signalk/v1/api/"
        wait_for(lambda: can_connect(port), 40, f"{self.name} to listen")

    def vessels(self) -> Vessels:
        with urllib.request.urlopen(self.root, timeout=10) as answer:
            tree = json.load(answer)
        own = tree.get("self", "").split(".", 1)[-1]
        return {int(entry["mmsi"]): signalk_vessel(entry)
                for context in self.CONTEXTS
                for key, entry in tree.get(context, {}).items()
                if key != own and "mmsi" in entry}


def signalk_vessel(entry: dict) -> Vessel:
    vessel = Vessel()
    vessel.name = tidy(entry.get("name"))
    position = entry.get("navigation", {}).get("position")
    if position:
        at = datetime.fromisoformat(position["timestamp"].replace("Z", "+00:00")).timestamp()
        vessel.sight = Sight(position["value"]["latitude"], position["value"]["longitude"], at)
    return vessel


class Result(NamedTuple):
    line: str
    details: list[str]
    agrees: bool


def compare(peer: Peer, feed: Feed) -> Result:
    """The peer's list against the feed's, now."""
    theirs = peer.vessels()
    with feed.lock:
        ours = feed.vessels()
        missing = sorted(ours - theirs.keys())
        extra = sorted(theirs.keys() - ours - feed.gone - feed.marks)
        both = sorted(ours & theirs.keys())
        apart = {mmsi: feed.apart_m(mmsi, sight) for mmsi in both if (sight := theirs[mmsi].sight)}
        names = {mmsi: (theirs[mmsi].name, feed.names[mmsi])
                 for mmsi in both if theirs[mmsi].name and mmsi in feed.names}
    misnamed = [f"{mmsi} {said!r} for {name!r}" for mmsi, (said, name) in names.items() if said != name]
    far = sorted((mmsi for mmsi in apart if apart[mmsi] > POSITION_LIMIT_M), key=lambda mmsi: -apart[mmsi])
    placeless = [mmsi for mmsi in both if mmsi not in apart]
    line = (f"{peer.name}: {len(both)} of {len(ours)} vessels, {len(missing)} missing, {len(extra)} extra, "
            f"positions within {max(apart.values(), default=0):.0f} m, {len(names) - len(misnamed)} names agree")
    faults = {"missing": missing, "extra": extra, "without a position": placeless, "wrong name": misnamed,
              "far off": [f"{mmsi} by {apart[mmsi]:.0f} m" for mmsi in far]}
    details = [f"  {what}: {listed(items)}" for what, items in faults.items() if items]
    return Result(line, details, bool(ours) and not details)


def compare_until(peers: list[Peer], feed: Feed, limit_s: float) -> dict[Peer, Result]:
    """Compares each peer again and again until it agrees once, or the time is over."""
    results: dict[Peer, Result] = {}
    deadline = time.monotonic() + limit_s
    while True:
        for peer in peers:
            if peer in results and results[peer].agrees:
                continue
            try:
                results[peer] = compare(peer, feed)
            except (OSError, ValueError, KeyError, RuntimeError) as error:
                results[peer] = Result(f"{peer.name}: cannot be asked: {error}", [], False)
        if all(result.agrees for result in results.values()) or time.monotonic() > deadline or feed.failure:
            return results
        time.sleep(1)


class Demo:
    """The running `fairway demo` and where it said that it listens."""

    # `JSON feed on 127.0.0.1:4711`, whatever stands around it.
    PATTERNS = {"json": re.compile(r"json feed\b.*?(?:127\.0\.0\.1|localhost):(\d+)", re.I),
                "nmea": re.compile(r"nmea feed\b.*?(?:127\.0\.0\.1|localhost):(\d+)", re.I)}

    def __init__(self, fairway: Path) -> None:
        self.process = subprocess.Popen([str(fairway), *DEMO_ARGUMENTS], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.ports: dict[str, int] = {}
        self.said: deque[str] = deque(maxlen=20)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        for raw in self.process.stdout or []:
            line = raw.decode(errors="replace").rstrip()
            self.said.append(line)
            for what, pattern in self.PATTERNS.items():
                found = pattern.search(line)
                if found:
                    self.ports.setdefault(what, int(found.group(1)))

    def ready(self) -> bool:
        if self.process.poll() is not None:
            self.reader.join(2)
            raise RuntimeError("the demo ended at once:\n  " + "\n  ".join(self.said or ["no output"]))
        return self.ports.keys() == self.PATTERNS.keys() and all(map(can_connect, self.ports.values()))

    def wait(self) -> None:
        """Until it listens; where it has not said, on the ports of old."""
        try:
            wait_for(self.ready, DEMO_START_LIMIT_S, "the demo to listen")
        except TimeoutError:
            self.ports = {**DEMO_ADDRESSES, **self.ports}
            if not self.ready():
                raise

    def stop(self) -> None:
        stop(self.process)


def gather(feed: Feed) -> None:
    """Until the feed has shown enough vessels, or no new one for a while."""
    wait_for(lambda: feed.complete or feed.failure, 10, "the feed's snapshot")
    deadline = time.monotonic() + GATHER_LIMIT_S
    most, grown = 0, time.monotonic()
    while time.monotonic() < deadline and not feed.failure:
        with feed.lock:
            count = len(feed.vessels())
        if count > most:
            most, grown = count, time.monotonic()
        if count >= ENOUGH_VESSELS or (count and time.monotonic() - grown > STEADY_S):
            return
        time.sleep(0.5)


def find_gpsd() -> str | None:
    return shutil.which("gpsd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def apt_install(package: str) -> None:
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        raise Skipped("not installed, and installing needs root and apt-get")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = [apt, "install", "-y", "--no-install-recommends", package]
    for command in (install, [apt, "update"], install):
        if quiet(command, environment=environment) is None and command is install:
            return
    raise Skipped(f"apt-get could not install {package}")


def npm_install(npm: str, source: Path, target: Path) -> Path:
    """`npm ci` of the pinned packages into the cache, once for each lock file."""
    lock = (source / "package-lock.json").read_bytes()
    done = target / "installed-lock.json"
    modules = target / "node_modules"
    if done.exists() and done.read_bytes() == lock:
        return modules
    target.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, target / name)
    failure = quiet([npm, "ci", "--omit=dev", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"],
                    folder=target)
    if failure:
        raise Skipped(f"npm ci failed: {failure}")
    done.write_bytes(lock)
    return modules


def quiet(command: list[str], folder: Path | None = None, environment: dict | None = None) -> str | None:
    """Runs a command; the last line of its complaint when it fails."""
    try:
        run = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True,
                             errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             timeout=INSTALL_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if run.returncode == 0 else (run.stdout.strip().splitlines() or ["no output"])[-1]


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def wait_for(condition: Callable[[], object], limit_s: float, what: str) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {limit_s:.0f} s for {what}")
        time.sleep(0.2)


def listed(items: list) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(str(item) for item in items[:SHOWN]) + more


def installed(peers: list[tuple[str, Peer]]) -> Iterator[Peer]:
    """Those that this machine can have; the others are said to be skipped."""
    for name, peer in peers:
        try:
            peer.install()
            yield peer
        except (Skipped, OSError) as reason:
            print(f"skipped: {name} ({reason})", flush=True)


def started(peers: list[Peer], nmea_port: int, folder: Path) -> tuple[list[Peer], list[str]]:
    """Those that run, each in a folder of its own, and a line for each that does not."""
    running, failures = [], []
    for number, peer in enumerate(peers):
        peer.folder = folder / str(number)
        peer.folder.mkdir()
        try:
            peer.start(nmea_port)
            running.append(peer)
        except (OSError, RuntimeError) as error:
            failures.append(f"{peer.name}: does not start: {error}; it says: {peer.last_words()}")
    return running, failures


def observed(demo: Demo, peers: list[Peer], folder: Path) -> tuple[list[Result], list[str]]:
    """What the peers list of the running demo, and what went wrong besides."""
    demo.wait()
    feed = Feed(demo.ports["json"])
    feed.start()
    gather(feed)
    running, failures = started(peers, demo.ports["nmea"], folder)
    results = list(compare_until(running, feed, COMPARE_LIMIT_S).values()) if running else []
    if feed.failure:
        failures.append(f"JSON feed: {feed.failure}")
    return results, failures


def show(fairway: Path, peers: list[Peer]) -> int:
    """Runs the demo and the peers, prints what they list; how many agree with the feed."""
    with tempfile.TemporaryDirectory(prefix="fairway-peers-") as folder:
        demo = Demo(fairway)
        try:
            results, failures = observed(demo, peers, Path(folder))
        finally:
            for peer in peers:
                peer.stop()
            demo.stop()
    for line in failures:
        print(line)
    for result in results:
        print("\n".join([result.line, *result.details]))
    return sum(result.agrees for result in results)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    known: list[tuple[str, Peer]] = [("gpsd", Gpsd()), ("Signal K", SignalK())]
    peers = list(installed(known))
    try:
        agree = show(Path(sys.argv[1]).resolve(), peers) if peers else 0
    except (OSError, RuntimeError) as error:
        print(f"peers: cannot run: {error}")
        return 2
    print(f"peers: {agree} passed, {len(peers) - agree} failed, {len(known) - len(peers)} skipped")
    return 0 if agree == len(peers) else 1


if __name__ == "__main__":
    sys.exit(main())
