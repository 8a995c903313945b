#!/usr/bin/env python3
"""What an operator of the engine is given (docs/ops) beside the code: every metric is explained, dashboard and alert rules
name metrics that exist, the unit is hardened. Prometheus' and systemd's own tools are asked where they are installed."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPS = ROOT / "docs/ops"
# What a summary is shown as, beside its quantiles.
PARTS = ("_sum", "_count")
MOST_EXPOSURE = 2.0


def names(text):
    return set(re.findall(r"\bfairway_[a-z0-9_]+", text))


def main():
    wrong = []
    table = ROOT / "engine/src/metrics/help.rs"
    explained = set(re.findall(r'\(\s*"(fairway_[a-z0-9_]+)"', table.read_text()))
    used = set()
    for path in (ROOT / "engine/src").rglob("*.rs"):
        if path != table:
            used |= set(re.findall(r'"(fairway_[a-z0-9_]+)"', path.read_text()))
    wrong += [f"{name}: counted, and not explained in engine/src/metrics/help.rs" for name in used - explained]
    wrong += [f"{name}: explained in engine/src/metrics/help.rs, and not counted" for name in explained - used]
    for path in (OPS / "alerts.yml", OPS / "dashboard.json"):
        for name in names(path.read_text()):
            bare = next((name.removesuffix(part) for part in PARTS if name.endswith(part)), name)
            if name not in used and bare not in used:
                wrong.append(f"{path.name}: no metric {name}")
    json.loads((OPS / "dashboard.json").read_text())

    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "rules", OPS / "alerts.yml"], capture_output=True, text=True)
        if done.returncode != 0:
            wrong.append(done.stdout + done.stderr)
    else:
        print("skipped: promtool (alert rules not read by Prometheus)")
    if shutil.which("systemd-analyze"):
        unit = OPS / "fairway.service"
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True
        )
        found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
        if not found:
            print("skipped: systemd-analyze (it does not read units offline here)")
        elif float(found[1]) > MOST_EXPOSURE:
            wrong.append(f"{unit.name}: exposure {found[1]}, at most {MOST_EXPOSURE}")
        else:
            print(f"{unit.name}: exposure {found[1]}")
    else:
        print("skipped: systemd-analyze (unit not judged)")
    for line in sorted(wrong):
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
