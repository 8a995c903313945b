"""Checks the walls of the house: what each package may depend on, and under which licences.

The pure packages have an allow-list of every crate that reaches them (docs/walls/NAME.txt); it fails closed.
Run with --write to renew the lists, and look at the difference.
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WALLS = ROOT / "docs" / "walls"
PURE = ["units", "decoders", "fusion", "watch"]
# Which of our own packages each may know: the arrows of docs/ARCHITECTURE.md.
MAY_KNOW = {
    "units": set(),
    "decoders": {"units"},
    "fusion": {"units"},
    "watch": {"units", "fusion"},
    "engine": {"units", "decoders", "fusion", "watch"},
    "simulate": {"units", "decoders"},
    "investigate": {"units", "decoders", "engine"},
    "fairway": {"units", "decoders", "fusion", "watch", "engine", "simulate", "investigate"},
    "benches": {"units", "decoders", "fusion", "watch", "engine", "simulate", "fairway"},
}


def cargo(*arguments: str) -> str:
    command = ["cargo", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def reaching(package: str) -> list[str]:
    """Every crate that reaches a package's code, by name."""
    tree = cargo("tree", "--locked", "-p", package, "-e", "normal", "--prefix", "none", "-f", "{p}")
    return sorted({line.split()[0] for line in tree.splitlines() if line} - {package})


def check_lists(write: bool) -> list[str]:
    wrong = []
    for package in PURE:
        path, now = WALLS / f"{package}.txt", reaching(package)
        if write:
            WALLS.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(now) + "\n")
        allowed = path.read_text().split() if path.exists() else []
        for crate in sorted(set(now) ^ set(allowed)):
            state = "reaches" if crate in now else "no longer reaches"
            wrong.append(f"{crate} {state} `{package}`: {path.relative_to(ROOT)} says otherwise")
    return wrong


def check_arrows(packages: list[dict]) -> list[str]:
    wrong = []
    ours = {package["name"] for package in packages if package["source"] is None}
    for package in (p for p in packages if p["name"] in ours):
        known = {d["name"] for d in package["dependencies"] if d["name"] in ours and d["kind"] != "dev"}
        if package["name"] not in MAY_KNOW:
            wrong.append(f"`{package['name']}` has no place among the walls (tools/make/walls.py)")
        for name in sorted(known - MAY_KNOW.get(package["name"], set())):
            wrong.append(f"`{package['name']}` must not know `{name}`")
    return wrong


def check_licences(packages: list[dict]) -> list[str]:
    allowed = set(tomllib.loads((ROOT / "deny.toml").read_text())["licenses"]["allow"])
    wrong = []
    for package in packages:
        terms = package["license"] or ""
        # "A OR B" needs one that is allowed, "A AND B" all; nothing here nests deeper.
        groups = re.split(r"\s+AND\s+", terms.replace("(", "").replace(")", "").replace("/", " OR "))
        if not all(any(one.strip() in allowed for one in re.split(r"\s+OR\s+", group)) for group in groups):
            wrong.append(f"{package['name']} {package['version']}: licence `{terms}` is not in deny.toml")
    return wrong


def check_sources(packages: list[dict]) -> list[str]:
    strange = (p for p in packages if p["source"] and not p["source"].startswith("registry+"))
    return [f"{package['name']} comes from {package['source']}" for package in strange]


def main() -> int:
    packages = json.loads(cargo("metadata", "--locked", "--format-version", "1"))["packages"]
    wrong = check_lists("--write" in sys.argv[1:])
    wrong += check_arrows(packages) + check_licences(packages) + check_sources(packages)
    for line in wrong:
        print(f"wall: {line}", file=sys.stderr)
    print(f"walls: {len(packages)} packages, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
