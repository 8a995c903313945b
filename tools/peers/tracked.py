"""Does Fairway track every vessel that pyais finds in a recording, and where pyais last saw it?

    tracked.py target/release/fairway [FILE...]   compare; exit 1 on a difference
    tracked.py --truth [FILE...]                  print `MMSI lat lon`, the truth itself

What counts and how the truth is made is in README.md beside this file.
"""

import argparse
import json
import lzma
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator, NamedTuple

from pyais.exceptions import AISBaseException
from pyais.messages import AISSentence

POSITION_TYPES = {1, 2, 3, 9, 18, 19, 27}
TOLERANCE_DEG = 1e-6
RUN_LIMIT_S = 300
SHOWN = 5
SHARED = Path(os.environ.get("FAIRWAY_SHARED") or Path(__file__).resolve().parents[3] / "shared")
RECORDINGS = ["aislib_stream_example.txt.xz", "dma_ais-sample_20131112.txt.xz",
              "aisnet_kystverket_1000.nm4", "aisdb_20211101.nm4"]
CONFIG = """\
[[source]]
name = "log"
kind = "file"
path = {log}

[changes]
path = {changes}
"""

TAG_BLOCK = re.compile(rb"^\\([^\\]*)\\")
SENTENCE = re.compile(rb"[!$]..VD[MO],[^!*]*\*[0-9A-Fa-f]{2}")
TAG_SOURCE = re.compile(rb"(?:^|,)s:([^,*]*)")
TAG_GROUP = re.compile(rb"(?:^|,)g:\d+-\d+-([^,*]*)")


class Report(NamedTuple):
    line: int
    lat: float
    lon: float


Reports = dict[int, list[Report]]
Positions = dict[int, tuple[float, float]]


def read_bytes(path: Path) -> bytes:
    return lzma.open(path).read() if path.suffix == ".xz" else path.read_bytes()


def first(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    found = pattern.search(text)
    return found.group(1) if found else b""


def sentences(data: bytes) -> Iterator[tuple[int, bytes, AISSentence]]:
    """Every VDM and VDO sentence with a right checksum: line number, tag block, sentence."""
    for number, line in enumerate(data.splitlines(), 1):
        tag = first(TAG_BLOCK, line)
        for raw in SENTENCE.findall(TAG_BLOCK.sub(b"", line)):
            try:
                sentence = AISSentence(raw)
            except (AISBaseException, ValueError):
                continue
            if sentence.is_valid:
                yield number, tag, sentence


def assembled(data: bytes) -> Iterator[tuple[int, AISSentence]]:
    """Whole messages with the line that completed them; parts in any order, groups apart."""
    pending: dict[tuple, dict[int, AISSentence]] = {}
    for number, tag, sentence in sentences(data):
        if sentence.frag_cnt == 1:
            yield number, sentence
            continue
        key = (first(TAG_SOURCE, tag), first(TAG_GROUP, tag), sentence.talker_id, sentence.type,
               sentence.frag_cnt, sentence.seq_id, sentence.channel)
        parts = pending.setdefault(key, {})
        if sentence.frag_num in parts:
            parts.clear()
        parts[sentence.frag_num] = sentence
        if len(parts) == sentence.frag_cnt:
            del pending[key]
            yield number, AISSentence.assemble_from_iterable([parts[n] for n in sorted(parts)])


def in_range(lat: float | None, lon: float | None) -> bool:
    return lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180


def truth(data: bytes) -> Reports:
    """Every position report that pyais decodes, by MMSI, in the order of the file."""
    reports: Reports = {}
    for number, sentence in assembled(data):
        if sentence.ais_id not in POSITION_TYPES:
            continue
        try:
            message = sentence.decode()
        except (AISBaseException, ValueError):
            continue
        if in_range(message.lat, message.lon):
            report = Report(number, message.lat, message.lon)
            reports.setdefault(int(message.mmsi), []).append(report)
    return reports


def last_reported(changes: Path) -> Positions:
    """The position last reported for each MMSI that had a track, from a change stream."""
    positions: Positions = {}
    told: dict[int, dict] = {}
    with changes.open(encoding="utf-8") as stream:
        for line in stream:
            track = json.loads(line).get("track")
            mmsi = track and track.get("identity", {}).get("mmsi")
            reported = track and track.get("reported")
            if mmsi is None or not reported or told.get(track["id"]) == reported:
                continue
            told[track["id"]] = reported
            positions[mmsi] = (reported["lat"], reported["lon"])
    return positions


def fairway_positions(fairway: Path, data: bytes) -> Positions:
    with tempfile.TemporaryDirectory(prefix="fairway-tracked-") as folder:
        log, changes, config = (Path(folder, name) for name in ("log.nmea", "changes.jsonl", "run.toml"))
        log.write_bytes(data)
        config.write_text(CONFIG.format(log=json.dumps(str(log)), changes=json.dumps(str(changes))))
        command = [str(fairway), "run", "-c", str(config), "--until-end"]
        subprocess.run(command, check=True, timeout=RUN_LIMIT_S, capture_output=True, text=True, errors="replace")
        return last_reported(changes)


def close(report: Report, position: tuple[float, float]) -> bool:
    limit = TOLERANCE_DEG + 1e-9
    return abs(report.lat - position[0]) <= limit and abs(report.lon - position[1]) <= limit


def describe(mmsi: int, reports: list[Report], position: tuple[float, float]) -> str:
    """One wrong position, and which report of the file it is, if any."""
    index = next((n for n in reversed(range(len(reports))) if close(reports[n], position)), None)
    origin = "no report of it" if index is None else f"its report {index + 1} of {len(reports)}, line {reports[index].line}"
    want = reports[-1]
    return f"{mmsi}: is {position[0]:.6f} {position[1]:.6f} ({origin}), line {want.line} says {want.lat:.6f} {want.lon:.6f}"


def listed(items: list) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return " ".join(str(item) for item in items[:SHOWN]) + more


def compare(name: str, reports: Reports, positions: Positions) -> bool:
    missing = sorted(reports.keys() - positions.keys())
    extra = sorted(positions.keys() - reports.keys())
    both = sorted(reports.keys() & positions.keys())
    wrong = [mmsi for mmsi in both if not close(reports[mmsi][-1], positions[mmsi])]
    print(f"{name}: {len(both)} of {len(reports)} vessels, {len(missing)} missing, {len(extra)} extra, "
          f"{len(wrong)} last positions differ", flush=True)
    if missing:
        print(f"  missing: {listed(missing)}")
    if extra:
        print(f"  extra: {listed(extra)}")
    for mmsi in wrong[:SHOWN]:
        print(f"  {describe(mmsi, reports[mmsi], positions[mmsi])}")
    return bool(reports) and not (missing or extra or wrong)


def check(fairway: Path, path: Path) -> bool:
    data = read_bytes(path)
    try:
        return compare(path.name, truth(data), fairway_positions(fairway, data))
    except subprocess.CalledProcessError as error:
        print(f"{path.name}: fairway run ended with {error.returncode}: {error.stderr.strip()}")
    except (subprocess.TimeoutExpired, OSError) as error:
        print(f"{path.name}: fairway run: {error}")
    return False


def print_truth(path: Path) -> None:
    for mmsi, reports in sorted(truth(read_bytes(path)).items()):
        print(f"{mmsi:09d} {reports[-1].lat:.6f} {reports[-1].lon:.6f}")


def recordings(files: list[Path]) -> list[Path]:
    """Those given, else those of the shared data; none where there is none."""
    if files or not SHARED.is_dir():
        return files
    return [SHARED / "data" / "ais" / "logs" / name for name in RECORDINGS]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", action="store_true", help="print what pyais finds, run nothing")
    parser.add_argument("files", type=Path, nargs="*", metavar="[FAIRWAY] [FILE...]",
                        help="the program to check, unless --truth; recordings, plain or .xz")
    options = parser.parse_args()
    if not options.truth and not options.files:
        parser.error("which program is to be checked?")
    fairway, files = (None, options.files) if options.truth else (options.files[0], options.files[1:])
    paths = recordings(files)
    if not paths:
        print("skipped: no shared data")
        return 0
    if fairway is None:
        for path in paths:
            print_truth(path)
        return 0
    results = [check(fairway.resolve(), path) for path in paths]
    print(f"recordings: {sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
