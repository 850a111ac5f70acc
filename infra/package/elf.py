"""Strips shared libraries of any architecture, the same way on every machine."""

import struct

# Offsets in the header of a 64-bit little-endian ELF file (System V ABI, gABI 4.1, chapter 4).
_PROGRAM_HEADERS, _SECTION_HEADERS, _COUNTS, _SECTION_COUNTS = 0x20, 0x28, 0x36, 0x3C


def stripped(content: bytes) -> bytes:
    """Without what lies behind the last part that is loaded: symbols for debuggers, and the sections' headers.

    The loader reads program headers only. What is no such library is given back as it is.
    """
    if content[:6] != b"\x7fELF\x02\x01":
        return content
    (start,) = struct.unpack_from("<Q", content, _PROGRAM_HEADERS)
    size, count = struct.unpack_from("<HH", content, _COUNTS)
    end = start + size * count
    for number in range(count):
        offset, _, _, length = struct.unpack_from("<QQQQ", content, start + number * size + 8)
        end = max(end, offset + length)
    kept = bytearray(content[:end])
    struct.pack_into("<Q", kept, _SECTION_HEADERS, 0)
    struct.pack_into("<HH", kept, _SECTION_COUNTS, 0, 0)
    return bytes(kept)
