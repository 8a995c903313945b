#!/usr/bin/env python3
"""Whether an evidence package is what was handed over: every file by its SHA-256, nothing more and nothing less, the list
of them by its signature, and the sealed originals by verify.py. Python's standard library is all that is needed.

    package.py FOLDER_OR_ZIP [--key HEX] [--sha256 HEX] [--json]

--key is the public key that the operator gave you; --sha256 that of the whole zip, as it was told when it was handed over.
Exit 0: untouched. 1: not; what is wrong is named. 2: it could not be read.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import zipfile

# Whoever checks a package adds nothing to it.
sys.dont_write_bytecode = True

from verify import Check, public  # noqa: E402

LIST, SIGNED, ORIGINAL, REDACTED = "hashes.sha256", "hashes.sha256.sig", "original", "originals.sha256"


def digest(path):
    sha256 = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            sha256.update(block)
    return sha256.hexdigest()


def files(folder):
    for home, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(home, name), folder).replace(os.sep, "/")


def unpack(path, into, wrong):
    """Takes a zip apart; what cannot be read is named."""
    with zipfile.ZipFile(path) as archive:
        for item in archive.infolist():
            # extract() keeps what is unpacked inside the folder, whatever its name.
            try:
                archive.extract(item, into)
            except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
                wrong(item.filename, f"cannot be unpacked: {error}")
            except Exception as error:  # zlib.error, and what a damaged header makes of it
                wrong(item.filename, f"cannot be unpacked: {error}")


def check(folder, key, wrong):
    """Looks at everything; what verify.py found of the originals."""
    with open(os.path.join(folder, LIST), "rb") as file:
        text = file.read()
    expected = {}
    for line in text.decode("utf-8", "replace").splitlines():
        sha256, _, name = line.partition("  ")
        expected[name] = sha256
    there = set(files(folder)) - {LIST, SIGNED}
    for name in sorted(set(expected) - there):
        wrong(name, "is missing")
    for name in sorted(there - set(expected)):
        wrong(name, "was not in the package")
    for name in sorted(there & set(expected)):
        if digest(os.path.join(folder, name)) != expected[name]:
            wrong(name, "was changed")
    signer = None
    signature = os.path.join(folder, SIGNED)
    if os.path.exists(signature):
        with open(signature, encoding="ascii", errors="replace") as file:
            said = file.read().split()
        if len(said) == 2:
            signer = said[0]
            try:
                public(signer).verify(bytes.fromhex(said[1]), text)
            except Exception:  # no key, no signature, or another's
                wrong(SIGNED, f"is not of this {LIST}")
        else:
            wrong(SIGNED, "cannot be read")
    if os.path.exists(os.path.join(folder, REDACTED)):
        # Made of another package, which has the originals.
        return None, signer
    sealed = Check(os.path.join(folder, ORIGINAL), key).run()
    for fault in sealed.faults:
        wrong(f"{ORIGINAL}/{fault['file']}", f"bytes {fault['from']} to {fault['to']}: {fault['what']}")
    if signer and sealed.keys and signer not in sealed.keys:
        wrong(SIGNED, "another key than the recording was sealed with")
    return sealed, signer


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("package")
    arguments.add_argument("--key", help="64 hexadecimal digits")
    arguments.add_argument("--sha256", help="64 hexadecimal digits")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    faults = []

    def wrong(name, what):
        faults.append({"file": name, "what": what})

    try:
        if os.path.isdir(asked.package):
            sealed, signer = check(asked.package, asked.key, wrong)
        else:
            if asked.sha256 and digest(asked.package) != asked.sha256.lower():
                wrong(os.path.basename(asked.package), "has another SHA-256 than was told")
            with tempfile.TemporaryDirectory() as home:
                unpack(asked.package, home, wrong)
                sealed, signer = check(home, asked.key, wrong)
    except (OSError, zipfile.BadZipFile) as error:
        print(f"package.py: {error}", file=sys.stderr)
        return 2
    if asked.json:
        said = sealed and {name: getattr(sealed, name) for name in ("segments", "seals", "bytes", "keys", "left_out")}
        print(json.dumps({"untouched": not faults, "signed_by": signer, "sealed": said, "faults": faults}))
        return 1 if faults else 0
    for fault in faults:
        print(f"{fault['file']}: {fault['what']}")
    print("NOT as handed over" if faults else "untouched: every file is as it was handed over")
    if sealed:
        keys = ", then ".join(sealed.keys) or "nothing"
        print(f"originals: {sealed.segments} segments, {sealed.seals} seals, sealed with {keys}")
    else:
        print(f"redacted: the originals are not in here; {REDACTED} has their hashes")
    print(f"the list of hashes is signed by {signer}" if signer else "the list of hashes is not signed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
