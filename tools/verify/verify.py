#!/usr/bin/env python3
"""Whether a Fairway recording is what was written. For the other side's expert: this and docs/recording/format.md are
all that is needed, beside Python's standard library. Signatures (Ed25519) are checked with the package `cryptography`
where it is installed, and otherwise with ed25519.py beside this file, which is slower.

    verify.py FOLDER [--key HEX] [--json]

Exit 0: untouched. 1: not as written; the first wrong byte range is named. 2: it could not be read.
"""

import argparse
import hashlib
import json
import os
import re
import sys

sys.dont_write_bytecode = True
try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    from ed25519 import InvalidSignature, PublicKey as Ed25519PublicKey

MAGIC = b"\x89MCAP0\r\n"
CHUNK, METADATA, DATA_END, FOOTER, SEAL = 0x06, 0x0C, 0x0F, 0x02, 0x80
NONE = "0" * 64
CHAIN = "chain.jsonl"
CUT = "cut.json"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def link(previous, digest):
    return sha256((previous + digest).encode())


def records(data, at=len(MAGIC)):
    """(from, to, opcode, body) of each record, and (from, to, None, None) where none can be read."""
    while at < len(data):
        end = whole(data, at)
        if end is None:
            found = following(data, at + 1)
            yield at, len(data) if found is None else found, None, None
            if found is None:
                return
            at = found
            continue
        yield at, end, data[at], data[at + 9 : end]
        if data[at] == FOOTER:
            return
        at = end


def whole(data, at):
    """Where the record at `at` ends, if there is one."""
    if at + 9 > len(data) or not (0x01 <= data[at] <= 0x0F or data[at] >= 0x80):
        return None
    end = at + 9 + int.from_bytes(data[at + 1 : at + 9], "little")
    return end if end <= len(data) else None


def following(data, start):
    """Where a chunk or a seal begins next."""
    places = []
    # What stands before the name of a chunk's compression: opcode, length, two times, size, checksum.
    for mark, back, opcode in ((b"\x04\0\0\0zstd", 37, CHUNK), (b'{"recording":', 9, SEAL)):
        found = data.find(mark, start)
        while found >= 0:
            at = found - back
            if at >= start and data[at] == opcode and whole(data, at) is not None:
                places.append(at)
                break
            found = data.find(mark, found + 1)
    return min(places, default=None)


def texts(body):
    """A metadata record: its name, and its map."""

    def text(at):
        size = int.from_bytes(body[at : at + 4], "little")
        if at + 4 + size > len(body):
            raise ValueError
        return body[at + 4 : at + 4 + size].decode("utf-8", "replace"), at + 4 + size

    name, at = text(0)
    at, pairs = at + 4, {}
    while at < len(body):
        key, at = text(at)
        pairs[key], at = text(at)
    return name, pairs


def about(data):
    """What a segment says of itself."""
    if not data.startswith(MAGIC):
        return None
    for count, (_, _, opcode, body) in enumerate(records(data)):
        if opcode is None or count == 2:
            return None
        if opcode == METADATA:
            try:
                name, pairs = texts(body)
            except ValueError:
                return None
            good = name == "fairway.segment" and all(key in pairs for key in ("recording", "segment", "version"))
            return pairs if good and pairs["segment"].isdigit() else None
    return None


class Doubt(Exception):
    """Why what is signed is not believed."""


def signed(line, key):
    """What a signed line says."""
    text, space, signature = line.rpartition(b" ")
    if not space:
        raise Doubt("cannot be read")
    if key is None:
        if signature != b"-":
            raise Doubt("was not signed so")
    else:
        if not re.fullmatch(rb"[0-9a-f]{128}", signature):
            raise Doubt("cannot be read")
        try:
            key.verify(bytes.fromhex(signature.decode()), text)
        except InvalidSignature:
            raise Doubt("was not signed so") from None
    try:
        return json.loads(text)
    except ValueError:
        raise Doubt("cannot be read") from None


def public(text):
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text)) if text else None
    except ValueError:
        return None


def vouches(key, proof, previous):
    """Whether a new key has signed the hash of what was before it."""
    try:
        public(key).verify(bytes.fromhex(proof), previous.encode())
    except (InvalidSignature, ValueError, AttributeError):
        return False
    return True


class Check:
    def __init__(self, folder, trusted=None):
        self.folder, self.trusted = folder, trusted
        self.faults, self.segments, self.seals, self.bytes = [], 0, 0, 0
        self.expected, self.released, self.keys = {}, [], []
        self.ended, self.unsealed = False, None
        self.cut, self.left_out = None, []

    def wrong(self, file, start, end, what):
        self.faults.append({"file": file, "from": start, "to": end, "what": what})

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def take_cut(self):
        if os.path.exists(os.path.join(self.folder, CUT)):
            try:
                said = json.loads(self.read(CUT))
                self.cut = (int(said["first"]), int(said["last"]))
            except (ValueError, KeyError, TypeError):
                self.wrong(CUT, 0, 0, "cannot be read")

    def leaves_out(self, number):
        """Whether a segment that is not there was left out by intention, as a cut says; and notes that."""
        if not self.cut or self.cut[0] <= number <= self.cut[1]:
            return False
        if self.left_out and self.left_out[-1][1] + 1 == number:
            self.left_out[-1][1] = number
        else:
            self.left_out.append([number, number])
        return True

    def run(self):
        self.take_cut()
        names = {int(name[:-5]): name for name in os.listdir(self.folder) if re.fullmatch(r"\d{6,}\.mcap", name)}
        text = self.read(CHAIN) if os.path.exists(os.path.join(self.folder, CHAIN)) else b""
        key = self.chain(text, self.first_key(text, names))
        if self.trusted and self.trusted not in self.keys:
            self.wrong(CHAIN, 0, len(text), "was sealed with another key")
        upcoming, chain = 1, None
        for number in sorted(set(names) | set(self.expected)):
            if self.gone(number):
                continue
            named = 0
            while upcoming < number and named < 1000:
                if through := self.gone(upcoming):
                    upcoming, chain = through + 1, None
                elif self.leaves_out(upcoming):
                    upcoming, chain = upcoming + 1, None
                else:
                    self.wrong(f"{upcoming:06}.mcap", 0, 0, "is missing")
                    upcoming, named = upcoming + 1, named + 1
            upcoming = number + 1
            if number not in names and self.leaves_out(number):
                chain = self.expected[number]["chain"] if number in self.expected else None
                continue
            if number not in names:
                self.wrong(f"{number:06}.mcap", 0, 0, "is missing")
                continue
            last = number == max(names)
            chain = self.segment(number, names[number], self.read(names[number]), chain, last, public(key))
        return self

    def first_key(self, text, names):
        """The key that the first line must be signed with: it introduces itself, or the first segment names it."""
        first = text.split(b"\n")[0]
        try:
            said = json.loads(first.rpartition(b" ")[0])
            if said["what"] == "key" and said["previous"] == NONE and not first.endswith(b" -"):
                return said["key"]
        except (ValueError, KeyError, TypeError):
            pass
        first = about(self.read(names[min(names)])) if names else None
        return (first or {}).get("key")

    def gone(self, number):
        """The last of the run of segments that was let go and that this one is in."""
        return next((last for first, last in self.released if first <= number <= last), None)

    def chain(self, text, key):
        if key:
            self.keys.append(key)
        at, previous = 0, NONE
        for line in re.findall(rb"[^\n]*\n|[^\n]+", text):
            start, at = at, at + len(line)
            if not line.endswith(b"\n"):
                self.wrong(CHAIN, start, at, "a line without its end")
                continue
            line = line[:-1]
            try:
                said = signed(line, public(key))
                if said["previous"] != previous:
                    self.wrong(CHAIN, start, at, "a line that does not follow on the one before")
                else:
                    self.ended = said["what"] == "stopped"
                    if said["what"] == "segment":
                        self.expected[said["segment"]] = dict(said, public=public(key))
                    elif said["what"] == "key":
                        key = said["key"]
                        if not vouches(key, said["proof"], said["previous"]):
                            self.wrong(CHAIN, start, at, "a key that has not signed for itself")
                        self.keys += [key] if self.keys[-1:] != [key] else []
                    elif said["what"] == "released":
                        first, through = said["from"], said["through"]
                        if self.released and self.released[-1][1] + 1 == first:
                            first = self.released.pop()[0]
                        self.released.append((first, through))
                        self.expected = {n: it for n, it in self.expected.items() if not first <= n <= through}
            except Doubt as doubt:
                self.wrong(CHAIN, start, at, f"a line that {doubt}")
            except KeyError:
                self.wrong(CHAIN, start, at, "a line that cannot be read")
            previous = sha256(line)
        return key

    def segment(self, number, file, data, before, last, key):
        self.segments += 1
        faults, size, says = len(self.faults), len(data), about(data)
        expected = self.expected.get(number)
        if says is None:
            self.wrong(file, 0, size, "no segment of ours")
        elif int(says["segment"]) != number:
            self.wrong(file, 0, size, f"is segment {says['segment']} under another name")
        key = expected["public"] if expected else key
        start = (says or {}).get("previous_chain", NONE)
        if before is not None and before != start:
            self.wrong(file, 0, size, "does not follow on the segment before")
        chain, sealed = self.under(number, file, data, start, key)
        if expected:
            length = expected["length"]
            if size > length:
                self.wrong(file, length, size, "bytes that were not recorded")
            if size < length:
                self.wrong(file, size, length, "is cut off")
            elif sha256(data[:length]) != expected["sha256"]:
                if len(self.faults) == faults:
                    self.wrong(file, sealed, size, "was changed behind its last seal")
            elif chain != expected["chain"] and len(self.faults) == faults:
                self.wrong(file, 0, size, "has other seals than the chain says")
            return expected["chain"]
        if last:
            if sealed < size:
                self.unsealed = {"file": file, "from": sealed, "to": size}
            self.ended = False
        else:
            self.wrong(file, 0, size, "is not in the chain of segments")
        return chain

    def under(self, number, file, data, chain, key):
        """Goes through the seals of a file: the chain behind the last, and up to which byte they hold."""
        sealed, count, torn = 0, 0, None
        if not data.startswith(MAGIC):
            return chain, sealed
        for start, end, opcode, body in records(data):
            if opcode is None:
                torn = torn or (start, end)
            if opcode != SEAL:
                continue
            if key is None:
                self.wrong(file, start, end, "a seal, and no key to check it with")
                continue
            try:
                seal = signed(body, key)
                place = (seal["segment"], seal["seal"], seal["from"], seal["to"], seal["previous"])
                if place != (number, count, sealed, start, chain):
                    self.wrong(file, sealed, start, "bytes under a seal that was made for others")
                under = data[seal["from"] : seal["to"]]
                if sha256(under) == seal["sha256"] and link(seal["previous"], seal["sha256"]) == seal["chain"]:
                    self.seals += 1
                    self.bytes += len(under)
                else:
                    self.wrong(file, seal["from"], seal["to"], "was changed since it was sealed")
                chain, sealed, count, torn = seal["chain"], start, seal["seal"] + 1, None
            except Doubt as doubt:
                self.wrong(file, start, end, f"a seal that {doubt}")
            except KeyError:
                self.wrong(file, start, end, "a seal that cannot be read")
        if torn and number in self.expected:
            self.wrong(file, *torn, "no record can be read here")
        return chain, sealed


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder")
    arguments.add_argument("--key", help="the public key that the operator gave you, 64 hexadecimal digits")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    try:
        found = Check(asked.folder, asked.key).run()
    except OSError as error:
        print(f"verify.py: {error}", file=sys.stderr)
        return 2
    if asked.json:
        said = ("segments", "seals", "bytes", "keys", "ended", "unsealed", "cut", "left_out", "faults")
        print(json.dumps({"untouched": not found.faults, **{name: getattr(found, name) for name in said}}))
        return 1 if found.faults else 0
    for fault in found.faults:
        print(f"{fault['file']}: bytes {fault['from']} to {fault['to']}: {fault['what']}")
    word = "NOT as written" if found.faults else "untouched"
    print(f"{word}: {found.segments} segments, {found.seals} seals over {found.bytes} bytes")
    print(f"sealed with {', then '.join(found.keys) or 'nothing'}: compare it with the key that you were given")
    if found.cut:
        runs = ", ".join(f"{first} to {last}" for first, last in found.left_out) or "none"
        print(f"a cut of segments {found.cut[0]} to {found.cut[1]}: left out, and nothing can be said of them: {runs}")
    if found.unsealed:
        print(f"{found.unsealed['file']}: bytes {found.unsealed['from']} to {found.unsealed['to']} are not sealed (yet)")
    if not found.ended:
        print("it was not ended in an orderly way, or goes on: what may have come after this cannot be known")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
