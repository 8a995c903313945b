#!/usr/bin/env python3
"""What strangers make of our recordings: records a simulated sea, then

- Python's mcap reads every segment, and its counts agree with `fairway record info`;
- verify.py and `fairway record verify` agree that it is untouched;
- verify.py finds every one of many flipped bits, deleted, moved and exchanged records and segments. One process.

    check.py FAIRWAY [--cases N]
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter

from mcap.reader import make_reader
from verify import Check, records


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("fairway")
    arguments.add_argument("--cases", type=int, default=400)
    asked = arguments.parse_args()
    home = tempfile.mkdtemp(prefix="fairway-verify-")
    try:
        return check(os.path.abspath(asked.fairway), os.path.join(home, "recording"), asked.cases)
    finally:
        shutil.rmtree(home)


def check(fairway, folder, cases):
    for _ in range(2):
        done = run(fairway, "demo", "--plain", "--for", "4s", "--vessels", "60", "--record", folder)
        assert done.returncode == 0, done.stderr
    names = sorted(name for name in os.listdir(folder) if name.endswith((".mcap", ".jsonl")))
    segments = [name for name in names if name.endswith(".mcap")]
    assert len(segments) == 2, names

    counts, read_bytes = Counter(), Counter()
    for name in segments:
        with open(os.path.join(folder, name), "rb") as file:
            for _, channel, message in make_reader(file, validate_crcs=True).iter_messages():
                counts[channel.topic] += 1
                read_bytes[channel.topic] += len(message.data)
    ours = json.loads(run(fairway, "record", "info", "--json", folder).stdout)
    theirs = {topic: {"records": counts[topic], "bytes": read_bytes[topic]} for topic in counts}
    assert theirs == ours["topics"], (theirs, ours["topics"])
    assert counts["/raw/ais"] > 20 and counts["/changes"] > 20, counts

    for key in ([], ["--key", ours_key(fairway, folder)]):
        assert run(fairway, "record", "verify", folder, *key).returncode == 0
        assert run(sys.executable, verifier(), folder, *key).returncode == 0
    assert run(sys.executable, verifier(), folder, "--key", "ab" * 32).returncode == 1

    # Without any package, as the other side's machine may be.
    bare = (sys.executable, "-E", "-S", verifier())
    assert run(*bare, folder).returncode == 0
    line = open(os.path.join(folder, "chain.jsonl"), "rb").read()
    with open(os.path.join(folder, "chain.jsonl"), "wb") as file:
        file.write(line[:-9] + bytes([line[-9] ^ 1]) + line[-8:])
    assert run(*bare, folder).returncode == 1
    with open(os.path.join(folder, "chain.jsonl"), "wb") as file:
        file.write(line)

    files = {name: open(os.path.join(folder, name), "rb").read() for name in names}
    tried = 0
    for what, changed in tampered(files, cases):
        for name, data in changed.items():
            path = os.path.join(folder, name)
            if data is None:
                os.remove(path)
            else:
                with open(path, "wb") as file:
                    file.write(data)
        assert Check(folder).run().faults, f"{what}: not found"
        for name in changed:
            with open(os.path.join(folder, name), "wb") as file:
                file.write(files[name])
        tried += 1
    assert not Check(folder).run().faults
    total = sum(counts.values())
    print(f"recordings: mcap for Python reads {total} records of {len(counts)} topics, as we do; ", end="")
    print(f"verify.py finds {tried} of {tried} tamperings")
    return 0


def verifier():
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "verify.py")


def ours_key(fairway, folder):
    return json.loads(run(fairway, "record", "verify", "--json", folder).stdout)["keys"][0]


def tampered(files, cases):
    """What can be done to files: (words, changed files)."""
    chance = random.Random(1)
    weighed = [name for name in files for _ in range(1 + len(files[name]) // 4096)]
    for _ in range(cases):
        name = chance.choice(weighed)
        at, bit = chance.randrange(len(files[name])), chance.randrange(8)
        data = bytearray(files[name])
        data[at] ^= 1 << bit
        yield f"{name}: bit {bit} of byte {at}", {name: bytes(data)}
    segments = [name for name in files if name.endswith(".mcap")]
    for name in segments:
        yield f"{name} deleted", {name: None}
        data = files[name]
        yield f"{name} cut in half", {name: data[: len(data) // 2]}
        found = list(records(data))
        for (start, middle, *_), (_, end, *_) in list(zip(found, found[1:]))[::5]:
            yield f"{name} without {start} to {middle}", {name: data[:start] + data[middle:]}
            exchanged = data[:start] + data[middle:end] + data[start:middle] + data[end:]
            if exchanged != data:
                yield f"{name}: records at {start} and {middle} exchanged", {name: exchanged}
    yield "segments exchanged", {segments[0]: files[segments[1]], segments[1]: files[segments[0]]}


if __name__ == "__main__":
    sys.exit(main())
