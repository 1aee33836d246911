"""Damage to bytes, as bad disks, transfers and enemies do it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

EXTREMES_32 = [0, 1, 2**32 - 1, 2**31 - 1, 2**31, 0xFFFF, 8, 64, 1 << 20, 0x7FFFFFF8]
EXTREMES_64 = [0, 1, 2**64 - 1, 2**63 - 1, 2**63, 1 << 40, 1 << 36, 1 << 62, (1 << 60) + 5, 1 << 31]
# Headers and footers are where damage is hardest to see.
_HEAD_BYTES = 400


def mutated(data: bytes, random: Random) -> tuple[bytes, str]:
    """The bytes with one kind of damage, sometimes two, and its name."""
    names = []
    for _ in range(1 + (random.random() < 0.25)):
        name = random.choice(sorted(_KINDS))
        data = _KINDS[name](bytearray(data or b"x"), random)
        names.append(name)
    return data, "+".join(names)


def replaced(data: bytes, place: int, value: int, size: int) -> bytes:
    """The bytes with a little-endian word of `size` bytes in place of what was there."""
    return data[:place] + value.to_bytes(size, "little") + data[place + size :]


def _flip(count: int) -> Callable[[bytearray, Random], bytes]:
    def damage(data: bytearray, random: Random) -> bytes:
        for _ in range(count):
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        return bytes(data)

    return damage


def _fill(value: int) -> Callable[[bytearray, Random], bytes]:
    def damage(data: bytearray, random: Random) -> bytes:
        place = random.randrange(len(data))
        size = min(random.randrange(1, 33), len(data) - place)
        data[place : place + size] = bytes([value]) * size
        return bytes(data)

    return damage


def _words(count: int, size: int, extremes: list[int]) -> Callable[[bytearray, Random], bytes]:
    def damage(data: bytearray, random: Random) -> bytes:
        whole = bytes(data)
        for _ in range(count):
            place = random.randrange(max(1, len(whole) // size)) * size
            whole = replaced(whole, place, random.choice(extremes), size)
        return whole

    return damage


def _cut(data: bytearray, random: Random) -> bytes:
    return bytes(data[: random.randrange(len(data))])


def _cut_end(data: bytearray, random: Random) -> bytes:
    return bytes(data[: -random.randrange(1, 65)])


def _swap(data: bytearray, random: Random) -> bytes:
    size = random.randrange(1, 65)
    first, second = random.randrange(len(data)), random.randrange(len(data))
    there, here = bytes(data[second : second + size]), bytes(data[first : first + size])
    data[first : first + size] = there
    data[second : second + size] = here
    return bytes(data)


def _repeat(data: bytearray, random: Random) -> bytes:
    place, size = random.randrange(len(data)), random.randrange(1, 200)
    data[place:place] = data[place : place + size]
    return bytes(data)


def _append(data: bytearray, random: Random) -> bytes:
    return bytes(data) + random.randbytes(random.randrange(1, 200))


def _insert(data: bytearray, random: Random) -> bytes:
    place = random.randrange(len(data))
    data[place:place] = random.randbytes(random.randrange(1, 9))
    return bytes(data)


def _delete(data: bytearray, random: Random) -> bytes:
    place = random.randrange(len(data))
    del data[place : place + random.randrange(1, 9)]
    return bytes(data)


def _head(data: bytearray, random: Random) -> bytes:
    for _ in range(4):
        data[random.randrange(min(len(data), _HEAD_BYTES))] = random.randrange(256)
    return bytes(data)


_KINDS: dict[str, Callable[[bytearray, Random], bytes]] = {
    "flip 1": _flip(1),
    "flip 8": _flip(8),
    "flip 64": _flip(64),
    "zeros": _fill(0),
    "ones": _fill(0xFF),
    "word": _words(1, 4, EXTREMES_32),
    "words": _words(4, 4, EXTREMES_32),
    "long": _words(1, 8, EXTREMES_64),
    "cut": _cut,
    "cut end": _cut_end,
    "swap": _swap,
    "repeat": _repeat,
    "append": _append,
    "insert": _insert,
    "delete": _delete,
    "head": _head,
}
