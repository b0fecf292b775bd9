"""Which files are taken as certificates: PDF, PNG and JPEG, told by what they hold and never by what they are called.

Pictures are taken apart and put together again from the parts that draw them: no place, camera, comment, thumbnail or
hidden appendix comes along, and nothing is decoded here. A PDF is kept byte for byte; one that could act is refused.
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class FileProblem(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    UNKNOWN = "unknown"  # neither PDF, PNG nor JPEG
    BROKEN = "broken"  # begins as one of them, and does not go on as one
    ACTIVE = "active"  # a PDF with scripts, programs or files in it
    TOO_DETAILED = "too_detailed"  # more pixels than any scanner makes, or none


class UnusableFileError(Exception):
    """The file is not a certificate that can be shown safely."""

    def __init__(self, problem: FileProblem) -> None:
        """Keep why."""
        super().__init__(problem.value)
        self.problem = problem


PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
EXTENSIONS = {PDF: "pdf", PNG: "png", JPEG: "jpg"}
MOST_PIXELS = 100_000_000


@dataclass(frozen=True, slots=True)
class CertificateContent:
    """A file that may be kept: what it is, and its bytes as they are kept."""

    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The fingerprint of the bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def read_certificate(content: bytes) -> CertificateContent:
    """Return what to keep of a file that somebody sent. Raises UnusableFileError."""
    if not content.strip(b"\0 \t\r\n"):
        raise UnusableFileError(FileProblem.EMPTY)
    for beginning, media_type, cleaned in (
        (b"%PDF-", PDF, _pdf),
        (_PNG_SIGNATURE, PNG, _png),
        (b"\xff\xd8\xff", JPEG, _jpeg),
    ):
        if content.startswith(beginning):
            return CertificateContent(media_type, cleaned(content))
    raise UnusableFileError(FileProblem.UNKNOWN)


# Names may be written with #xx for any letter, so they are compared with those undone.
_PDF_NAME = re.compile(rb"/[A-Za-z0-9#]{2,60}")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTIVE_NAMES = frozenset({b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/EmbeddedFiles", b"/RichMedia"})
_ZIP_END = b"PK\x05\x06"


def _pdf(content: bytes) -> bytes:
    """Return a PDF unchanged. What is hidden in its compressed parts cannot be seen here: it is never opened by us."""
    body, marker, rest = content.rpartition(b"%%EOF")
    if not marker or rest.strip(b"\0 \t\r\n") or b"startxref" not in body or _ZIP_END in content[-70_000:]:
        raise UnusableFileError(FileProblem.BROKEN)
    names = (_ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), name) for name in _PDF_NAME.findall(content))
    if not _ACTIVE_NAMES.isdisjoint(names):
        raise UnusableFileError(FileProblem.ACTIVE)
    return content


_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Header, palette, transparency, picture, end. The rest says something about the picture, or about whoever took it.
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


def _png(content: bytes) -> bytes:
    """Return a PNG with nothing in it but the picture."""
    kept, types = [_PNG_SIGNATURE], []
    for kind, data, whole in _png_chunks(content):
        if not types and (kind != b"IHDR" or len(data) != 13):
            raise UnusableFileError(FileProblem.BROKEN)
        types.append(kind)
        if kind == b"IHDR":
            _check_size(*struct.unpack(">II", data[:8]))
        if kind in _PNG_KEPT:
            kept.append(whole)
    if types.count(b"IHDR") != 1 or b"IDAT" not in types:
        raise UnusableFileError(FileProblem.BROKEN)
    return b"".join(kept)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield each chunk up to the end of the picture: its kind, its data, and all of it."""
    at, kind = len(_PNG_SIGNATURE), b""
    while kind != b"IEND":
        if at + 12 > len(content):
            raise UnusableFileError(FileProblem.BROKEN)
        length = struct.unpack(">I", content[at : at + 4])[0]
        whole = content[at : at + 12 + length]
        kind, data, sum_ = whole[4:8], whole[8:-4], whole[-4:]
        if len(whole) != 12 + length or zlib.crc32(kind + data) != int.from_bytes(sum_, "big"):
            raise UnusableFileError(FileProblem.BROKEN)
        yield kind, data, whole
        at += len(whole)


_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Frames, tables, restart intervals, scans; and Adobe's note of which colours the numbers mean.
_JPEG_KEPT = _FRAMES | {0xC4, 0xCC, 0xDB, 0xDD, _SCAN, 0xEE}
# Where a scan's data ends: at the next marker that is neither a stuffed byte nor a restart.
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")


def _jpeg(content: bytes) -> bytes:
    """Return a JPEG with nothing in it but the picture and which way up it is."""
    kept: list[bytes] = []
    seen: set[int] = set()
    orientation = 1
    for marker, segment, data in _jpeg_segments(content):
        payload = segment[4:]
        if marker in _FRAMES:
            if len(payload) < 6:
                raise UnusableFileError(FileProblem.BROKEN)
            height, width = struct.unpack(">HH", payload[1:5])
            _check_size(width, height)
        if marker == 0xE1 and orientation == 1:
            orientation = _orientation(payload)
        if marker in _JPEG_KEPT and (marker != 0xEE or payload.startswith(b"Adobe")):
            kept += [segment, data]
        seen.add(marker)
    if _SCAN not in seen or seen.isdisjoint(_FRAMES):
        raise UnusableFileError(FileProblem.BROKEN)
    turned = [] if orientation == 1 else [_EXIF_ORIENTATION % orientation]
    return b"".join([b"\xff\xd8", *turned, *kept, b"\xff\xd9"])


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each segment up to the end of the picture: its marker, all of it, and the scan data that follows it."""
    at = 2
    while True:
        while content[at : at + 2] == b"\xff\xff":
            at += 1
        if len(content) < at + 2 or content[at] != 0xFF:
            raise UnusableFileError(FileProblem.BROKEN)
        marker = content[at + 1]
        if marker == _END:
            return
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        segment = content[at : at + 2 + length]
        if marker < 0xC0 or marker == _START or 0xD0 <= marker <= 0xD7 or length < 2 or len(segment) != 2 + length:
            raise UnusableFileError(FileProblem.BROKEN)
        at += len(segment)
        data = b""
        if marker == _SCAN:
            found = _NEXT_MARKER.search(content, at)
            if found is None:
                raise UnusableFileError(FileProblem.BROKEN)
            data = content[at : found.start()]
            at = found.start()
        yield marker, segment, data


# An Exif segment that says one thing: how the picture is to be turned.
_EXIF_ORIENTATION = (
    b"\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00%c"
    b"\x00\x00\x00\x00\x00\x00"
)
_EXIF, _ORIENTATION = b"Exif\0\0", 0x0112


def _orientation(payload: bytes) -> int:
    """Return which way up a picture is, 1 to 8, as its Exif segment says; 1, upright, if it says nothing sensible."""
    tiff = payload.removeprefix(_EXIF)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) == len(payload) or len(tiff) < 10:
        return 1
    first = struct.unpack(order + "I", tiff[4:8])[0]
    entries = tiff[first + 2 :]
    for start in range(0, len(entries) - 11, 12):
        tag, kind, _number, value = struct.unpack(order + "HHIH", entries[start : start + 10])
        if (tag, kind) == (_ORIENTATION, 3):
            return value if 1 <= value <= 8 else 1
        if tag > _ORIENTATION:  # They stand in order.
            break
    return 1


def _check_size(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise UnusableFileError(FileProblem.TOO_DETAILED)
