"""Do strangers read the system tracks (CAT062, CAT065) that Fairway writes as Fairway reads them?

    python3 tools/peers/asterix.py target/debug/fairway target/debug/examples/system_tracks

Writes a pcap file with our encoder, reads it with `fairway decode`, libasterix and tshark, and compares record by
record. Exit 1 when one disagrees; one that cannot be had is skipped.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator
from xml.etree import ElementTree

from peers import Skipped, apt_install

LIBASTERIX = "libasterix==0.36.3"
INSTALL_LIMIT_S = 300
# A value as tshark names it: the category, its edition where tshark has several, the item and what is in it.
TSHARK_VALUE = re.compile(r"asterix\.(\d{3})_(?:V\d+_\d+_)?(\w+)")
# The value of an item that has one only.
ALONE = "_VALUE"
# What tshark 4.0 shows as bytes only, and a bit that it has as spare (CAT062 edition 1.20).
UNREAD_BY_TSHARK = {"SP", "080_MLAT"}


def ours(fairway: str, pcap: Path) -> list[dict]:
    run = subprocess.run([fairway, "decode", "--json", str(pcap)], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    if any(line["kind"] == "reject" for line in lines):
        raise RuntimeError("we refuse what we wrote")
    return [line for line in lines if line["kind"] == "asterix"]


def with_libasterix(folder: Path) -> str:
    for python in (".venv/bin/python", sys.executable):
        if shutil.which(python) and quiet([python, "-c", "import asterix.generated"]):
            return python
    python = str(folder / "venv/bin/python")
    made = quiet([sys.executable, "-m", "venv", str(folder / "venv")])
    if not made or not quiet([python, "-m", "pip", "install", "--quiet", LIBASTERIX]):
        raise Skipped("libasterix")
    return python


READ = """
import json, sys
from asterix.base import *
from asterix.generated import *
categories = {62: Cat_062_1_21, 65: Cat_065_1_6}

for line in sys.stdin:
    number, octets = json.loads(line)
    records = categories[number].cv_uap.parse(Bits.from_bytes(bytes.fromhex(octets)))
    assert not isinstance(records, ValueError) and len(records) == 1, (octets, records)
    [record] = records
    told = {}
    for name in ("010", "015", "040", "070", "105", "185", "245", "020", "030"):
        item = record.items_regular.get(name)
        if item is not None:
            told[name] = item.unparse().to_uinteger()
    print(json.dumps([told, record.unparse().to_bytes().hex()]))
"""


def check_libasterix(records: list[dict], folder: Path) -> list[str]:
    python = with_libasterix(folder)
    asked = "".join(json.dumps([record["cat"], record["hex"]]) + "\n" for record in records)
    run = subprocess.run([python, "-c", READ], input=asked, capture_output=True, text=True)
    if run.returncode:
        return [run.stderr.strip().splitlines()[-1]]
    wrong = []
    for record, line in zip(records, run.stdout.splitlines(), strict=True):
        told, octets = json.loads(line)
        if octets != record["hex"]:
            wrong.append(f"{record['hex']}: libasterix writes {octets}")
        for name, seen in told.items():
            expected = counts(record["cat"], name, record["items"].get(name))
            if expected is not None and seen != expected:
                wrong.append(f"CAT{record['cat']:03} {name}: {seen}, ours {expected}")
    return wrong


def counts(category: int, name: str, item: object) -> int | None:
    """An item as the bits it takes on the wire."""

    def signed(value: float, lsb: float, bits: int) -> int:
        return round(value / lsb) % (1 << bits)

    if item is None:
        return None
    if name == "010":
        return item["SAC"] << 8 | item["SIC"]
    if (category, name) in {(62, "070"), (65, "030")}:
        return round(item * 128)
    if (category, name) == (62, "105"):
        lsb = 180 / 2**25
        return signed(item["LAT"], lsb, 32) << 32 | signed(item["LON"], lsb, 32)
    if (category, name) == (62, "185"):
        return signed(item["VX"], 0.25, 16) << 16 | signed(item["VY"], 0.25, 16)
    return item if isinstance(item, int) else None


def check_tshark(records: list[dict], pcap: Path) -> list[str]:
    if not shutil.which("tshark"):
        apt_install("tshark")
    command = ["tshark", "-r", str(pcap), "-d", "udp.port==8600,asterix", "-T", "pdml"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        return [run.stderr.strip().splitlines()[-1]]
    fields = ElementTree.fromstring(run.stdout).iter("field")
    seen = [values(field) for field in fields if field.get("name") == "asterix.message"]
    if len(seen) != len(records):
        return [f"{len(seen)} records"]
    wrong = []
    for record, told in zip(records, seen):
        expected = dict(flat("", record["items"]))
        wrong += [
            f"{name}: {told.get(name)}, ours {value}"
            for name, value in expected.items()
            if name not in UNREAD_BY_TSHARK and not same(value, told.get(name))
        ]
    print(f"tshark: {sum(len(told) for told in seen)} values")
    return wrong


def values(message: ElementTree.Element) -> dict[str, str]:
    """What tshark says of a record."""
    found = {}
    for field in message.iter("field"):
        match = TSHARK_VALUE.fullmatch(field.get("name", ""))
        if match and field.get("show"):
            found[match[2].removesuffix(ALONE)] = field.get("show")
    return found


def flat(prefix: str, item: object) -> Iterator[tuple[str, object]]:
    """What we say of a record, by the names that tshark has."""
    if not isinstance(item, dict):
        yield prefix, item
        return
    for name, value in item.items():
        yield from flat(f"{prefix}_{name}" if prefix else name, value)


def same(ours: object, told: str | None) -> bool:
    if told is None:
        return False
    if isinstance(ours, str):
        return told.rstrip() == ours.rstrip()
    if isinstance(ours, bool):
        return bool(int(told, 0)) == ours
    number = float(int(told, 16)) if told.startswith("0x") else float(told)
    return abs(number - float(ours)) <= 1e-12 + 1e-9 * abs(number)


def quiet(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=INSTALL_LIMIT_S).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    fairway, writer = sys.argv[1:]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pcap = folder / "tracks.pcap"
        pcap.write_bytes(subprocess.run([writer], capture_output=True, check=True).stdout)
        records = ours(fairway, pcap)
        peers = {
            "libasterix": lambda: check_libasterix(records, folder),
            "tshark": lambda: check_tshark(records, pcap),
        }
        for peer, check in peers.items():
            try:
                wrong = check()
            except Skipped as skipped:
                print(f"skipped: {skipped}")
                continue
            failed += bool(wrong)
            print(f"{peer}: {len(records)} records, {len(wrong)} differences")
            for line in wrong[:5]:
                print(f"  {line}")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
