"""Matches Cargo.lock with the advisories of RustSec, without a network: against a checkout of their database, which is
named by ADVISORY_DB or by the first argument. Without one it says so, and is no error.

What stands in IGNORED in deny.toml is known and stays; everything else that is open fails.
"""

import os
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Version = tuple[int, int, int]


def version(text: str) -> Version:
    """Of a release; what stands after a dash or a plus does not count."""
    parts = [int(part) for part in re.split(r"[-+]", text.strip())[0].split(".") if part.isdigit()]
    return tuple((parts + [0, 0, 0])[:3])


def meets(it: Version, wish: str) -> bool:
    """Whether a version meets every part of a requirement like `>= 1.2, < 2`."""
    for part in wish.split(","):
        operator, number = re.fullmatch(r"\s*(>=|<=|>|<|=|\^|~)?\s*(\S+)\s*", part).groups()
        bound, given = version(number), number.count(".") + 1
        if operator in (None, "^"):
            # Up to the next change of its first part that is not zero.
            at = next((n for n, value in enumerate(bound) if value > 0), given - 1)
            end = tuple([*bound[:at], bound[at] + 1, 0, 0][:3])
            is_met = bound <= it < end
        elif operator == "~":
            at = min(given, 2) - 1
            is_met = bound <= it < tuple([*bound[:at], bound[at] + 1, 0, 0][:3])
        else:
            is_met = {">=": it >= bound, "<=": it <= bound, ">": it > bound, "<": it < bound, "=": it == bound}[operator]
        if not is_met:
            return False
    return True


def advisory(path: Path) -> dict:
    """What an advisory says of itself, at its head."""
    return tomllib.loads(re.search(r"```toml\n(.*?)```", path.read_text(), re.S).group(1))


def open_ones(database: Path, lock: dict) -> list[tuple[str, str, str]]:
    """Who is in the lock file, which advisory is open there, and of what kind it is."""
    found = []
    for package in (package for package in lock["package"] if "source" in package):
        for path in sorted((database / "crates" / package["name"]).glob("RUSTSEC-[1-9]*.md")):
            told = advisory(path)
            versions = told.get("versions", {})
            safe = versions.get("patched", []) + versions.get("unaffected", [])
            is_open = not any(meets(version(package["version"]), wish) for wish in safe)
            if is_open and "withdrawn" not in told["advisory"]:
                kind = told["advisory"].get("informational", "vulnerability")
                found.append((f"{package['name']} {package['version']}", told["advisory"]["id"], kind))
    return found


def main() -> int:
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ADVISORY_DB", "")
    database = Path(named or "advisory-db")
    if not (database / "crates").is_dir():
        print("skipped: no advisory database (a checkout of rustsec/advisory-db, named by ADVISORY_DB)")
        return 0
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    ignored = {it["id"] for it in tomllib.loads((ROOT / "deny.toml").read_text())["advisories"]["ignore"]}
    found = open_ones(database, lock)
    for package, name, kind in found:
        print(f"{package}: {name}, {kind}{', known: deny.toml' if name in ignored else ''}")
    unknown = sum(name not in ignored for _, name, _ in found)
    print(f"{len(lock['package'])} packages, {len(found)} advisories open, {unknown} of them unknown")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
