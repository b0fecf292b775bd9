"""Small files of the kinds that are sent as certificates, made by hand."""

import struct
import zlib

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n178\n%%EOF\n"
)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*extra: bytes, width: int = 2, height: int = 2, after: bytes = b"") -> bytes:
    """Return a picture of grey dots, with some more chunks before its end, and something after it."""
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(min(height, 10)))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + data + chunk(b"IEND", b"") + after


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def exif(orientation: int, order: str = ">") -> bytes:
    """Return an Exif segment with an orientation and, before it in the file, who took the picture."""
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8)
    maker = struct.pack(order + "HHII", 0x010F, 2, 8, 100)
    turned = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    entries = struct.pack(order + "H", 2) + maker + turned + struct.pack(order + "I", 0)
    return segment(0xE1, b"Exif\0\0" + head + entries + b"HemligKamera 59.5N 13.3E")


QUANTISATION = segment(0xDB, b"\0" + b"\1" * 64)
HUFFMAN = segment(0xC4, b"\0" + b"\1" + b"\0" * 15 + b"\0") + segment(0xC4, b"\x10" + b"\1" + b"\0" * 15 + b"\0")
SCAN = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x00\xff\x00\xff\xd0\x3f"


def jpeg(*extra: bytes, width: int = 8, height: int = 8, after: bytes = b"") -> bytes:
    """Return a picture of one grey square, with some more segments, and something after its end."""
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    return b"\xff\xd8" + b"".join(extra) + QUANTISATION + frame + HUFFMAN + SCAN + b"\xff\xd9" + after
