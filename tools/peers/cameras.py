"""Do strangers' camera programs and Fairway understand each other?

    python3 tools/peers/cameras.py target/demo/fairway

sipp (Debian's sip-tester) registers with the engine's GB/T 28181 server and says that it lives; ipycam (PyPI), a virtual
ONVIF camera that others wrote, is pointed from the feed. Exit 1 when one of them disagrees.
"""

import hashlib
import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".peers"
PASSWORD = "12345678"
DEVICE = "34020000001320000001"
SERVER = "34020000002000000001"
SITE = (29.9, 122.1)
IPYCAM = ["ipycam==1.3.0", "numpy", "opencv-python-headless"]
LIMIT_S = 40

# The stranger's own service and controller, without its video.
LAUNCHER = """
import sys, threading
from ipycam.config import CameraConfig
from ipycam.camera import IPCamera, ReusableThreadingTCPServer
from ipycam.http import IPCameraHTTPHandler
config = CameraConfig()
config.onvif_port = int(sys.argv[1])
config.username, config.password = "admin", sys.argv[2]
camera = IPCamera(config)
class Told:
    def __getattr__(self, name):
        def told(*values, **_):
            print(name, *(round(value, 5) for value in values if value is not None), flush=True)
        return told
camera.ptz.add_hardware_handler(Told())
IPCameraHTTPHandler.camera = camera
print("ready", flush=True)
ReusableThreadingTCPServer(("127.0.0.1", config.onvif_port), IPCameraHTTPHandler).serve_forever()
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def shared() -> Path:
    return Path(os.environ.get("FAIRWAY_SHARED", HERE.parents[2] / "shared"))


def find_sipp() -> str | None:
    if found := shutil.which("sipp"):
        return found
    if os.geteuid() != 0:
        return None
    done = subprocess.run(["apt-get", "install", "-y", "-qq", "sip-tester"], capture_output=True)
    return shutil.which("sipp") if done.returncode == 0 else None


def find_ipycam() -> Path | None:
    """A Python that has it, in an environment of its own."""
    python = CACHE / "ipycam" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", CACHE / "ipycam"], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", *IPYCAM]
    return python if subprocess.run(pip, capture_output=True).returncode == 0 else None


class Engine:
    """`fairway run` with one camera of each kind, and its feed."""

    def __init__(self, fairway: Path, folder: Path, onvif_port: int | None) -> None:
        self.sip, self.http, feed = free_port(), free_port(), free_port()
        camera = f"position = [{SITE[0]}, {SITE[1]}]\nheight_m = 60.0\n"
        text = f"""
            [[source]]
            name = "sea"
            kind = "tcp-server"
            address = "127.0.0.1:0"
            [feed]
            json = "127.0.0.1:{feed}"
            tokens = "tokens"
            [http]
            listen = "127.0.0.1:{self.http}"
            [cameras]
            credentials = "secret"
            gb28181 = {{ listen = "127.0.0.1:{self.sip}", id = "{SERVER}" }}
            [[camera]]
            name = "gb"
            protocol = "gb28181"
            device = "{DEVICE}"
            {camera}"""
        if onvif_port:
            # Its numbers are of half a turn and of 60 degrees up and down, and as much a second.
            text += f"""
            [[camera]]
            name = "ipycam"
            protocol = "onvif"
            address = "127.0.0.1:{onvif_port}"
            speed_deg_s = [180.0, 60.0]
            accel_deg_s2 = [10000.0, 10000.0]
            tilt_deg = [-60.0, 60.0]
            pan_offset_deg = 20.0
            latency_s = 0.1
            fov_deg = [5.0, 60.0]
            {camera}"""
        (folder / "fairway.toml").write_text(text)
        (folder / "tokens").write_text(hashlib.sha256(b"token").hexdigest() + " supervisor Peer\n")
        secrets = f'["gb"]\npassword = "{PASSWORD}"\n'
        if onvif_port:
            secrets += f'["ipycam"]\nuser = "admin"\npassword = "{PASSWORD}"\n'
        (folder / "secret").write_text(secrets)
        (folder / "secret").chmod(0o600)
        self.log = (folder / "log").open("w+")
        command = [fairway, "run", "-c", folder / "fairway.toml"]
        self.process = subprocess.Popen(command, stderr=self.log, stdout=self.log)
        self.feed = wait(lambda: connect(feed), "the feed").makefile("rw")
        self.say({"hello": {"client": "peers", "token": "token"}})
        self.cameras: dict[str, dict] = {}

    def say(self, message: dict) -> None:
        self.feed.write(json.dumps(message) + "\n")
        self.feed.flush()

    def until(self, holds, what: str):
        deadline = time.time() + LIMIT_S
        while time.time() < deadline:
            message = json.loads(self.feed.readline())
            if "camera" in message:
                self.cameras[message["camera"]["name"]] = message["camera"]
            if found := holds(message):
                return found
        raise AssertionError(f"still not so: {what}; {self.cameras}")

    def command(self, number: int, body: dict) -> dict:
        name = f"peer-{number:05}"
        self.say({"command": {"id": name, **body}})
        mine = lambda message: message.get("answer") if message.get("answer", {}).get("id") == name else None
        return self.until(mine, "an answer")

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=10) as page:
            text = page.read().decode()
        found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def stop(self) -> str:
        self.process.terminate()
        self.process.wait(10)
        self.log.seek(0)
        return self.log.read()


def connect(port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
    except OSError:
        return None


def wait(found, what: str):
    deadline = time.time() + LIMIT_S
    while time.time() < deadline:
        if it := found():
            return it
        time.sleep(0.1)
    raise AssertionError(f"still not so: {what}")


def sipp_registers(sipp: str, engine: Engine) -> str:
    scenario = shared() / "data" / "cctv" / "gb28181_register.sipp.xml"
    command = [sipp, f"127.0.0.1:{engine.sip}", "-sf", scenario, "-m", "1", "-i", "127.0.0.1", "-p", str(free_port())]
    for transport in ("u1", "t1"):
        done = subprocess.run([*command, "-t", transport, "-nostdin", "-timeout", "20s"], capture_output=True, text=True)
        assert done.returncode == 0, f"{transport}: sipp says {done.returncode}: {done.stdout[-2000:]}"
    registered, alive = engine.metric("fairway_gb28181_registrations_total"), engine.metric("fairway_gb28181_keepalives_total")
    assert (registered, alive) == (2, 2), f"{registered} registrations, {alive} signs of life"
    return "registered with a digest and was heard alive, by UDP and by TCP"


def ipycam_turns(engine: Engine, told: Path) -> str:
    up = lambda _: engine.cameras.get("ipycam", {}).get("state") in ("up", "slewing")
    engine.until(up, "it is up")
    worst = 0.0
    for number, azimuth in enumerate((75.0, 250.0, 100.0)):
        east, north = 4000 * math.sin(math.radians(azimuth)), 4000 * math.cos(math.radians(azimuth))
        place = {"lat": SITE[0] + north / 110_860.0, "lon": SITE[1] + east / (111_320.0 * math.cos(math.radians(SITE[0])))}
        answer = engine.command(number, {"point_camera": {"camera": "ipycam", "place": place, "follow": True}})
        assert answer["code"] == 200, answer
        off = lambda: abs((engine.cameras["ipycam"].get("azimuth_deg", 0) - azimuth + 180) % 360 - 180)
        engine.until(lambda _: off() < 0.3 and engine.cameras["ipycam"]["state"] == "up", f"it looks to {azimuth}")
        worst = max(worst, off())
        # For a while, so that it is also told speeds.
        end = time.time() + 3
        engine.until(lambda _: time.time() > end, "three seconds")
        worst = max(worst, off())
        assert worst < 0.3, f"{worst:.2f} degrees off"
    assert engine.command(90, {"release_camera": {"camera": "ipycam"}})["code"] == 200
    calls = lambda: {line.split()[0] for line in told.read_text().splitlines()}
    expected = {"on_absolute_move", "on_continuous_move", "on_stop"}
    wait(lambda: expected <= calls(), f"{expected}, and only {calls()}")
    return f"turned to three places, at most {worst:.2f} degrees off; absolute, continuous, status, stop"


def main() -> int:
    fairway = Path(sys.argv[1]).resolve()
    CACHE.mkdir(exist_ok=True)
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python, sipp = find_ipycam(), find_sipp()
        port, stranger, told = None, None, folder / "told"
        if python:
            port = free_port()
            (folder / "launcher.py").write_text(LAUNCHER)
            command = [python, folder / "launcher.py", str(port), PASSWORD]
            stranger = subprocess.Popen(command, stdout=told.open("w"), stderr=subprocess.DEVNULL, cwd=folder)
            wait(lambda: "ready" in told.read_text(), "ipycam is ready")
        engine = Engine(fairway, folder, port)
        checks = [
            ("sipp", sipp and (shared() / "data/cctv").is_dir(), lambda: sipp_registers(sipp, engine)),
            ("ipycam", python, lambda: ipycam_turns(engine, told)),
        ]
        for peer, is_here, check in checks:
            if not is_here:
                print(f"skipped: {peer}")
                continue
            try:
                print(f"{peer}: {check()}", flush=True)
            except AssertionError as error:
                wrong += 1
                print(f"{peer}: FAILED: {error}", flush=True)
        log = engine.stop()
        if PASSWORD in log:
            wrong += 1
            print("FAILED: a password in the log")
        if wrong:
            print(log[-3000:])
        if stranger:
            stranger.kill()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
