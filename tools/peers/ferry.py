"""The ferry recordings: our tracker beside Stone Soup's, on the same radar points, by the same rules.

    python tools/peers/ferry.py FAIRWAY SHARED

`python` has stonesoup, numpy. Truth are two vessels with GNSS; everything else that the radar sees is no error and is
not counted: what is compared is how far off the two are, how often missed, and how often their tracks change.
"""

import datetime
import gzip
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from scipy.optimize import linear_sum_assignment

STEP_S = 1.0
CUT_M = 30.0
SIGMA_M = 5.0
METRES_PER_DEG = 111_412.0


def lines(path):
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def scene(folder):
    """Radar points by scan, and truth by instant, metres about the first point."""
    points = [m for m in lines(folder / "measurements.jsonl.gz") if m["s"] == "radar"]
    truth = lines(folder / "truth.jsonl.gz")
    lat, lon = truth[0]["lat"], truth[0]["lon"]
    east = METRES_PER_DEG * math.cos(math.radians(lat))
    flat = lambda m: ((m["lon"] - lon) * east, (m["lat"] - lat) * METRES_PER_DEG)
    ships = {}
    for t in truth:
        ships.setdefault(t["id"], []).append((t["t"], *flat(t)))
    ships = {k: np.array(sorted(set(v))) for k, v in ships.items()}
    return points, ships, flat, (lat, lon)


def stone_soup(points, flat, instants):
    """Two-point start, nearly constant velocity, global nearest neighbour."""
    from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
    from stonesoup.deleter.time import UpdateTimeStepsDeleter
    from stonesoup.hypothesiser.distance import DistanceHypothesiser
    from stonesoup.initiator.simple import MultiMeasurementInitiator
    from stonesoup.measures import Mahalanobis
    from stonesoup.models.measurement.linear import LinearGaussian
    from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
    from stonesoup.predictor.kalman import KalmanPredictor
    from stonesoup.types.detection import Detection
    from stonesoup.types.state import GaussianState
    from stonesoup.updater.kalman import KalmanUpdater

    begin = datetime.datetime(2021, 5, 4)
    model = LinearGaussian(4, (0, 2), np.diag([SIGMA_M**2] * 2))
    predictor = KalmanPredictor(CombinedLinearGaussianTransitionModel([ConstantVelocity(0.1)] * 2))
    updater = KalmanUpdater(model)
    associator = GNNWith2DAssignment(DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=4))
    deleter = UpdateTimeStepsDeleter(5)
    prior = GaussianState([[0], [0], [0], [0]], np.diag([0, 9, 0, 9]))
    initiator = MultiMeasurementInitiator(prior, deleter, associator, updater, model, min_points=3)
    scans = {}
    for m in points:
        scans.setdefault(m["t"], []).append(m)
    tracks, answers, due = set(), {}, iter(instants)
    next_t = next(due, None)

    def show(t):
        time = begin + datetime.timedelta(seconds=t)
        found = []
        for track in tracks:
            state = predictor.predict(track, timestamp=time).state_vector
            found.append((track.id, float(state[0, 0]), float(state[2, 0])))
        answers[t] = found

    for t in sorted(scans):
        while next_t is not None and next_t < t:
            show(next_t)
            next_t = next(due, None)
        time = begin + datetime.timedelta(seconds=t)
        seen = {Detection(np.array([[e], [n]]), timestamp=time, measurement_model=model) for e, n in map(flat, scans[t])}
        taken = set()
        for track, hypothesis in associator.associate(tracks, seen, time).items():
            if hypothesis:
                track.append(updater.update(hypothesis))
                taken.add(hypothesis.measurement)
            else:
                track.append(hypothesis.prediction)
        tracks -= deleter.delete_tracks(tracks)
        tracks |= initiator.initiate(seen - taken, time)
    while next_t is not None:
        show(next_t)
        next_t = next(due, None)
    return answers


def ours(fairway, points, flat, origin, end_s):
    """`fairway fuse` on the same points."""
    times = sorted({m["t"] for m in points})
    turn_s = float(np.median(np.diff(times)))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        radar = dict(id="radar", lat=origin[0], lon=origin[1], h=0, period=turn_s, rmax=5000, sr=SIGMA_M, sb=0.5, beam=2, res_r=10, shadow=[])
        described = dict(duration=end_s, truth_step=STEP_S, t0_utc=1_620_086_400.0, radars=[radar])
        (folder / "scene.json").write_text(json.dumps(described))
        points = [dict(k="point", s="radar", t=m["t"], ta=m["ta"], lat=m["lat"], lon=m["lon"], sigma=SIGMA_M) for m in points]
        (folder / "measurements.jsonl").write_text("\n".join(map(json.dumps, points)))
        out = subprocess.run([fairway, "fuse", folder], check=True, capture_output=True, text=True).stdout
    answers = {}
    for line in map(json.loads, out.splitlines()):
        answers.setdefault(line["t"], []).append((line["id"], *flat(line)))
    return answers


def score(answers, ships, instants):
    """RMSE, share missed, switches."""
    errors, missed, looked, switches, last = [], 0, 0, 0, {}
    for t in instants:
        here = []
        for ship, path in ships.items():
            if path[0, 0] <= t <= path[-1, 0]:
                here.append((ship, np.interp(t, path[:, 0], path[:, 1]), np.interp(t, path[:, 0], path[:, 2])))
        there = answers.get(t, [])
        looked += len(here)
        cost = np.array([[min(CUT_M, math.hypot(e - x, n - y)) ** 2 for _, x, y in there] for _, e, n in here]).reshape(len(here), len(there))
        matched = 0
        for i, j in zip(*linear_sum_assignment(cost)):
            if cost[i, j] < CUT_M**2:
                matched += 1
                errors.append(cost[i, j])
                ship, track = here[i][0], there[j][0]
                switches += last.get(ship, track) != track
                last[ship] = track
        missed += len(here) - matched
    return math.sqrt(np.mean(errors)) if errors else math.nan, missed / max(1, looked), switches


def main():
    fairway, shared = sys.argv[1], pathlib.Path(sys.argv[2])
    print("| scene | ours: RMSE m | missed | switches | Stone Soup: RMSE m | missed | switches |\n|---|---|---|---|---|---|---|")
    for folder in sorted((shared / "data/fusion/neutral").glob("scenario*"), key=lambda f: int(f.name[8:])):
        points, ships, flat, origin = scene(folder)
        end = max(m["t"] for m in points)
        instants = [float(t) for t in np.arange(20.0, end, STEP_S)]
        cells = []
        for answers in (ours(fairway, points, flat, origin, end), stone_soup(points, flat, instants)):
            rmse, missed, switches = score(answers, ships, instants)
            cells += [f"{rmse:.1f}", f"{missed:.2f}", str(switches)]
        print(f"| {folder.name[8:]} | " + " | ".join(cells) + " |", flush=True)


main()
