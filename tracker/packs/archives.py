"""Packs on disk and on the wire: a folder, or a zip of one. What looks wrong is refused, never cleaned up."""

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from pathlib import Path

from tracker.packs.files import ABOUT, PackError
from tracker.writing import Files

MOST_FILES = 5_000
MOST_BYTES = 50 * 1024 * 1024
MOST_RATIO = 100
# Plain names only: nothing absolute, no "..", no drive letters, no backslashes, nothing hidden.
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}")
_DOTS = re.compile(r"\.\.|\.(/|$)")
_TYPES = (".toml", ".md", ".svg", ".png", ".jpg", ".webp")
# Zips carry days; ours carry this one, so that the same pack is always the same bytes.
_DAY = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1


def read_files(path: Path) -> dict[str, bytes]:
    """Return the files of a pack: a folder, or a zip. Raises PackError."""
    if path.is_dir():
        return _from_folder(path)
    if not path.is_file():
        raise PackError([f"{path} is not there"])
    if path.stat().st_size > MOST_BYTES:
        raise PackError([f"{path.name} is larger than {MOST_BYTES // 1024 // 1024} MB"])
    return from_zip(path.read_bytes())


def _from_folder(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    names: set[str] = set()
    problems: list[str] = []
    room = MOST_BYTES
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            problems.append(f"{name} is a link; a pack has files only")
        elif path.is_file() and not name.startswith(".git/") and _check_name(name, names, problems):
            room -= path.stat().st_size
            if room < 0 or len(files) >= MOST_FILES:
                raise PackError([f"{folder} holds more than a pack may"])
            files[name] = path.read_bytes()
    if problems:
        raise PackError(problems)
    return files


def from_zip(content: bytes) -> dict[str, bytes]:
    """Return the files of a zip. Raises PackError."""
    files: dict[str, bytes] = {}
    names: set[str] = set()
    problems: list[str] = []
    room = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_FILES:
                raise PackError([f"the zip holds more than {MOST_FILES} files"])
            for entry in entries:
                # `filename` is cut at a NUL and has its slashes turned: the name as it was written is what counts.
                if entry.is_dir() and _PATH.fullmatch(entry.orig_filename.rstrip("/")):
                    continue
                if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG}:
                    problems.append(f"{entry.filename!r} is a link or something else than a file")
                elif entry.flag_bits & _ENCRYPTED:
                    problems.append(f"{entry.filename!r} is encrypted")
                elif _check_name(entry.orig_filename, names, problems):
                    files[entry.orig_filename] = _unpacked(archive, entry, room)
                    room -= len(files[entry.orig_filename])
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise PackError([f"the zip cannot be read: {error}"]) from error
    if problems:
        raise PackError(problems)
    return _without_outer_folder(files)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    """Return an entry's content. What the zip says of its size is not believed."""
    most = min(room, max(1, entry.compress_size) * MOST_RATIO)
    with archive.open(entry) as packed:
        content = packed.read(most + 1)
    if len(content) > most:
        raise PackError([f"{entry.filename!r} unpacks to more than a pack may hold"])
    return content


def _check_name(name: str, names: set[str], problems: list[str]) -> bool:
    """Say whether a file may be called so, beside those of some folded names; note it if not."""
    folded = unicodedata.normalize("NFC", name).casefold()
    if not _PATH.fullmatch(name) or _DOTS.search(name):
        problems.append(f"{name!r} is not a name that a pack's file may have")
    elif not name.endswith(_TYPES):
        problems.append(f"{name} is of a kind that a pack does not hold")
    elif folded in names:
        problems.append(f"{name} is there twice")
    else:
        names.add(folded)
        return True
    return False


def _without_outer_folder(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files as they lie in the pack, when a folder was zipped together with its name."""
    outer = {path.split("/")[0] for path in files}
    if ABOUT in files or len(outer) != 1:
        return files
    return {path.partition("/")[2]: content for path, content in files.items()}


def to_zip(files: Files) -> bytes:
    """Return files as a zip, always the same for the same files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.create_system = 3
            archive.writestr(entry, content)
    return packed.getvalue()


def write_files(files: Files, path: Path) -> None:
    """Write files as a zip if the path ends in .zip, else as a folder, which must be new or empty.

    Raises FileExistsError.
    """
    if path.suffix == ".zip":
        path.write_bytes(to_zip(files))
        return
    if path.exists() and any(path.iterdir()):
        raise FileExistsError(path)
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
