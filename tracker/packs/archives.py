"""Packs on disk and on the wire: a folder, or a zip of one. What looks wrong is refused, never cleaned up."""

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from pathlib import Path

from tracker.packs.files import ABOUT, PackError
from tracker.writing import Fault, Files, Problem

MOST_FILES = 5_000
MOST_BYTES = 50 * 1024 * 1024
MOST_RATIO = 100
# Plain names only: nothing absolute, no "..", no drive letters, no backslashes, nothing hidden.
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}")
_DOTS = re.compile(r"\.\.|\.(/|$)")
# What a Mac puts beside the files when it looks at a folder or zips one. It is no content, and is not even unpacked.
_OF_MAC = re.compile(r"__MACOSX/[^\\\0]*|([A-Za-z0-9][A-Za-z0-9._-]*/){0,3}\.DS_Store")
_MEGABYTE = 1024 * 1024
_TYPES = (".toml", ".md", ".svg", ".png", ".jpg", ".webp")
# Zips carry days; ours carry this one, so that the same pack is always the same bytes.
_DAY = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1
# The other ways of packing are unpacked whole, however little of it is asked for.
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def read_files(path: Path) -> dict[str, bytes]:
    """Return the files of a pack: a folder, or a zip. Raises PackError."""
    if path.is_dir():
        return _from_folder(path)
    if not path.is_file():
        raise PackError([Problem(str(path), Fault.NOT_THERE)])
    if path.stat().st_size > MOST_BYTES:
        raise PackError([_too_many_bytes(path.name)])
    return from_zip(path.read_bytes())


def _too_many_bytes(where: str) -> Problem:
    return Problem(where, Fault.TOO_MANY_BYTES, {"most": MOST_BYTES // _MEGABYTE})


def _from_folder(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    names: set[str] = set()
    problems: list[Problem] = []
    room = MOST_BYTES
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            problems.append(Problem(name, Fault.LINK))
        elif not path.is_file() or name.startswith(".git/") or _is_of_mac(name):
            continue
        elif _check_name(name, names, problems):
            room -= path.stat().st_size
            if room < 0:
                raise PackError([_too_many_bytes(folder.name)])
            if len(files) >= MOST_FILES:
                raise PackError([Problem(folder.name, Fault.TOO_MANY_FILES, {"most": MOST_FILES})])
            files[name] = path.read_bytes()
    if problems:
        raise PackError(problems)
    return files


def from_zip(content: bytes) -> dict[str, bytes]:
    """Return the files of a zip. Raises PackError."""
    files: dict[str, bytes] = {}
    names: set[str] = set()
    problems: list[Problem] = []
    room = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_FILES:
                raise PackError([Problem("", Fault.TOO_MANY_FILES, {"most": MOST_FILES})])
            for entry in entries:
                # `filename` is cut at a NUL and has its slashes turned: the name as it was written is what counts.
                name = entry.orig_filename
                is_folder = entry.filename.endswith("/")  # `is_dir` fails where there is no name.
                if is_folder and (_PATH.fullmatch(name.rstrip("/")) or _is_of_mac(name)):
                    continue
                if is_folder:
                    problems.append(Problem(repr(name), Fault.BAD_NAME))
                elif fault := _fault_of(entry):
                    problems.append(Problem(repr(entry.filename), fault))
                elif not _is_of_mac(name) and _check_name(name, names, problems):
                    files[name] = _unpacked(archive, entry, room)
                    room -= len(files[name])
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise PackError([Problem("", Fault.NOT_ZIP)]) from error
    if problems:
        raise PackError(problems)
    return _without_outer_folder(files)


def _fault_of(entry: zipfile.ZipInfo) -> Fault | None:
    """Return why an entry is not unpacked, whatever it is called."""
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG}:
        return Fault.LINK
    if entry.flag_bits & _ENCRYPTED:
        return Fault.ENCRYPTED
    return None if entry.compress_type in _PACKED else Fault.BAD_PACKING


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    """Return an entry's content. What the zip says of its size is not believed."""
    most = min(room, max(1, entry.compress_size) * MOST_RATIO)
    with archive.open(entry) as packed:
        content = packed.read(most + 1)
    if len(content) > most:
        raise PackError([Problem(repr(entry.filename), Fault.INFLATED)])
    return content


def _is_of_mac(name: str) -> bool:
    return _OF_MAC.fullmatch(name) is not None and ".." not in name.split("/")


def _check_name(name: str, names: set[str], problems: list[Problem]) -> bool:
    """Say whether a file may be called so, beside those of some folded names; note it if not."""
    folded = unicodedata.normalize("NFC", name).casefold()
    if not _PATH.fullmatch(name) or _DOTS.search(name):
        problems.append(Problem(repr(name), Fault.BAD_NAME))
    elif not name.endswith(_TYPES):
        problems.append(Problem(name, Fault.BAD_TYPE, {"known": ", ".join(_TYPES)}))
    elif folded in names:
        problems.append(Problem(name, Fault.NAME_TWICE))
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
    if path.suffix.lower() == ".zip":
        path.write_bytes(to_zip(files))
        return
    if path.exists() and any(path.iterdir()):
        raise FileExistsError(path)
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
