#!/usr/bin/env python3
"""Do strangers' programs find in every export of a recording what is in it?

    exports.py target/demo/fairway [RECORDING]

Makes a recording (`fairway demo --for 25s`), exports it in every form, and reads each with somebody else's program: counts
must be equal, places equal to 1e-7 degrees. What each peer is asked is in README.md beside this file.
"""

import argparse
import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".peers" / "exports"
LIST = Path(__file__).with_name("exports.txt")
NEAR = 1.0000001e-7
FORMS = {"gpx": "gpx", "kml": "kml", "geojson": "geojson", "csv": "csv", "geoparquet": "parquet", "nmea": "nmea"}


def in_venv():
    """Goes on with the pinned packages, in a venv of its own that is made where it is not there."""
    python = VENV / "bin" / "python"
    if Path(sys.prefix) == VENV:
        return
    ready = VENV / "ready"
    if not ready.exists() or ready.stat().st_mtime < LIST.stat().st_mtime:
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", LIST]
        subprocess.run(pip, check=True)
        ready.touch()
    os.execv(python, [str(python), *sys.argv])


def run(*command):
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def exported(fairway, recording, home):
    """The files, and the points as CSV has them: by time and track."""
    files = {}
    for form, ending in FORMS.items():
        files[form] = home / f"out.{ending}"
        run(fairway, "record", "export", recording, "--format", form, "--to", files[form])
    with open(files["csv"], newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return files, rows


def key(lat, lon):
    return round(float(lat) * 1e7), round(float(lon) * 1e7)


def same(what, found, rows):
    """Every place, as often as it is there, to 1e-7 degrees."""
    expected = Counter(key(row["lat"], row["lon"]) for row in rows)
    found = Counter(key(lat, lon) for lat, lon in found)
    if found != expected:
        odd = list(((found - expected) + (expected - found)).items())[:3]
        raise AssertionError(f"{what}: {sum(found.values())} places, expected {sum(expected.values())}; {odd}")
    return sum(found.values())


def of_pyarrow(files, rows):
    import pyarrow.parquet as parquet
    import shapely

    table = parquet.read_table(files["geoparquet"])
    assert table.num_rows == len(rows), (table.num_rows, len(rows))
    columns = table.to_pydict()
    for n, row in enumerate(rows):
        place = shapely.from_wkb(columns["geometry"][n])
        assert (place.x, place.y) == (columns["lon"][n], columns["lat"][n]), n
        assert abs(place.y - float(row["lat"])) <= NEAR and abs(place.x - float(row["lon"])) <= NEAR, n
        assert columns["time"][n].timestamp() * 1e6 // 1 == micros(row["time"]), (columns["time"][n], row["time"])
        for name in ("mmsi", "imo", "card", "nav_status", "ship_type", "track", "piece"):
            assert str(columns[name][n] if columns[name][n] is not None else "") == row[name], (n, name)
        for name in ("name", "callsign", "class", "state", "sources", "terminal"):
            assert (columns[name][n] or "") == row[name], (n, name, columns[name][n], row[name])
        for name, near in (("sog_kn", 0.0051), ("cog_deg", 0.0051), ("heading_deg", 0.051), ("sigma_m", 0.0051)):
            ours = columns[name][n]
            assert (row[name] == "") == (ours is None) and (ours is None or abs(ours - float(row[name])) < near), (n, name)
        assert columns["doubt"][n] == (row["doubt"] == "1"), n
    said = json.loads(table.schema.metadata[b"geo"])
    assert said["version"] == "1.1.0" and said["columns"]["geometry"]["encoding"] == "WKB", said
    if not rows:
        return "no rows"
    west, south, east, north = said["columns"]["geometry"]["bbox"]
    assert all(west <= lon <= east for lon in columns["lon"]) and all(south <= lat <= north for lat in columns["lat"])
    return f"{table.num_rows} rows, {table.num_columns} columns"


def micros(text):
    from datetime import datetime, timezone

    at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def of_pandas(files, rows):
    import geopandas

    frame = geopandas.read_parquet(files["geoparquet"])
    assert frame.crs is not None and frame.crs.to_epsg() in (4326, None), frame.crs
    return f"{same('GeoPandas', ((it.y, it.x) for it in frame.geometry), rows)} points"


def of_movingpandas(files, rows):
    import geopandas
    import movingpandas

    frame = geopandas.read_parquet(files["geoparquet"])
    frame["piece_of"] = frame["track"].astype(str) + ":" + frame["piece"].astype(str)
    frame["time"] = frame["time"].dt.tz_convert("UTC").dt.tz_localize(None)
    tracks = movingpandas.TrajectoryCollection(frame, traj_id_col="piece_of", t="time", min_length=0)
    counts = Counter((row["track"], row["piece"]) for row in rows)
    wanted = {f"{track}:{piece}": count for (track, piece), count in counts.items() if count > 1}
    # It takes a track only where it has moved, or has a second point.
    for it in tracks.trajectories:
        assert wanted[it.id] == it.size(), (it.id, it.size(), wanted.get(it.id))
    return f"{len(tracks.trajectories)} trajectories of {len(wanted)} with two points and more"


def gdal():
    """GDAL's own program where Debian's is there, or what comes with pyogrio."""
    return shutil.which("ogr2ogr")


def places_of(geometry):
    if geometry is None:
        return []
    kind, at = geometry["type"], geometry.get("coordinates")
    if kind == "GeometryCollection":
        return [it for part in geometry["geometries"] for it in places_of(part)]
    depth = {"Point": 0, "LineString": 1, "MultiPoint": 1, "MultiLineString": 2}[kind]
    flat = [at]
    for _ in range(depth):
        flat = [it for part in flat for it in part]
    return [(it[1], it[0]) for it in flat]


def of_gdal(files, rows):
    if not gdal():
        return None
    counts = []
    for form, layer in (("gpx", "track_points"), ("geojson", None), ("kml", None)):
        command = ["ogr2ogr", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=9", "/vsistdout/", files[form]]
        told = run(*command, *([layer] if layer else []))
        features = json.loads(told)["features"]
        places = [it for feature in features for it in places_of(feature["geometry"])]
        counts.append(f"{form} {same('GDAL, ' + form, places, rows)}")
    return ", ".join(counts) + " points"


def of_pyogrio(files, rows):
    import pyogrio

    counts = []
    for form, layer in (("gpx", "track_points"), ("geojson", None)):
        frame = pyogrio.read_dataframe(files[form], layer=layer, columns=[])
        places = [(y, x) for it in frame.geometry for x, y, *_ in it.coords]
        counts.append(f"{form} {same('pyogrio, ' + form, places, rows)}")
    return ", ".join(counts) + f" points (GDAL {pyogrio.__gdal_version_string__})"


def of_pyais(fairway, recording, files, rows):
    from pyais.stream import FileReaderStream
    from pyais.exceptions import AISBaseException

    known = {int(row["mmsi"]) for row in rows if row["mmsi"] and row["class"] in ("class_a", "class_b", "net_marker")}
    told = json.loads(run(fairway, "record", "info", "--json", recording))
    sentences = sum(1 for line in open(files["nmea"], "rb") if b"!" in line)
    said = json.loads(open(str(files["nmea"]) + ".json", encoding="utf-8").read())
    assert said["sentences"] == sum(1 for _ in open(files["nmea"], "rb")), said["sentences"]
    seen, tags, messages = set(), 0, 0
    with FileReaderStream(str(files["nmea"])) as stream:
        for message in stream:
            try:
                decoded = message.decode()
            except AISBaseException:
                continue
            messages += 1
            if message.tag_block:
                message.tag_block.init()
                assert message.tag_block.source_station and message.tag_block.receiver_timestamp, message.raw
                assert message.tag_block.is_valid, message.raw
                tags += 1
            seen.add(decoded.mmsi)
    assert known <= seen, sorted(known - seen)[:5]
    assert tags > 0 and messages > 0 and told["topics"], (tags, messages)
    return f"{messages} messages of {sentences} sentences, {len(known)} vessels, {tags} TAG blocks"


def of_package(fairway, recording, home):
    """Python's own zipfile: each picture that a camera took is in the package, and is what the list says."""
    to = home / "package.zip"
    run(fairway, "record", "package", recording, "--to", to, "--case", "1", "--why", "test")
    with zipfile.ZipFile(to) as package:
        told = [json.loads(line) for line in package.read("derived/pictures.jsonl").splitlines()]
        for picture in told:
            data = package.read(f"derived/{picture['file']}")
            assert hashlib.sha256(data).hexdigest() == picture["sha256"], picture
            assert data.startswith((b"\x89PNG", b"\xff\xd8")) and picture["camera"], picture
        shown = package.read("derived/consoles.jsonl").splitlines()
        assert json.loads(package.read("manifest.json"))["pictures"] == len(told) > 0
        assert all(json.loads(line)["said"] for line in shown) and shown
    return f"{len(told)} pictures, {len(shown)} lines of what consoles showed"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("fairway")
    arguments.add_argument("recording", nargs="?")
    asked = arguments.parse_args()
    fairway = os.path.abspath(asked.fairway)
    home = Path(tempfile.mkdtemp(prefix="fairway-exports-"))
    try:
        recording = asked.recording
        if not recording:
            recording = home / "recording"
            run(fairway, "demo", "--plain", "--for", "25s", "--record", recording)
        files, rows = exported(fairway, recording, home)
        print(f"{len(rows)} points of {len({row['track'] for row in rows})} tracks")
        wrong = 0
        for name, ask in (
            ("pyarrow", lambda: of_pyarrow(files, rows)),
            ("GeoPandas", lambda: of_pandas(files, rows)),
            ("MovingPandas", lambda: of_movingpandas(files, rows)),
            ("GDAL", lambda: of_gdal(files, rows)),
            ("pyogrio", lambda: of_pyogrio(files, rows)),
            ("pyais", lambda: of_pyais(fairway, recording, files, rows)),
            ("zipfile", lambda: of_package(fairway, recording, home)),
        ):
            try:
                said = ask()
                print(f"{name}: {said}" if said else f"skipped: {name} (not installed)")
            except AssertionError as error:
                wrong += 1
                print(f"{name}: DIFFERS: {error}")
        return 1 if wrong else 0
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    in_venv()
    sys.exit(main())
