"""Ed25519 signatures (RFC 8032, section 5.1), verified with the standard library alone: for a machine that has only
Python. Slow, some milliseconds each; where `cryptography` is installed, verify.py uses that."""

import hashlib

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover(y, sign):
    """The x that belongs to a y, or None."""
    if y >= P:
        return None
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if squared == 0:
        return None if sign else 0
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * ROOT % P
    if (x * x - squared) % P:
        return None
    return P - x if (x & 1) != sign else x


def add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(number, point):
    out = (0, 1, 1, 0)
    while number > 0:
        if number & 1:
            out = add(out, point)
        point = add(point, point)
        number >>= 1
    return out


def same(one, other):
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def unpacked(text):
    if len(text) != 32:
        return None
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def verifies(key, text, signature):
    """Whether a signature of 64 bytes is of that text, by the public key of 32 bytes."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = unpacked(key), unpacked(signature[:32])
    if a is None or r is None or any(same(times(8, point), (0, 1, 1, 0)) for point in (a, r)):
        # No point at all, or one of those few that would fit many texts.
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % Q
    return same(times(s, BASE), add(r, times(h, a)))


class InvalidSignature(Exception):
    """It is of another text, or by another key."""


class PublicKey:
    """As much of that of `cryptography` as verify.py needs."""

    def __init__(self, key):
        if len(key) != 32 or unpacked(key) is None:
            raise ValueError
        self.key = key

    @classmethod
    def from_public_bytes(cls, key):
        return cls(key)

    def verify(self, signature, text):
        if not verifies(self.key, text, signature):
            raise InvalidSignature
