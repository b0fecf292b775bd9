"""Copy the pinned third-party files of the front end into this folder.

    python static/vendor/vendor.py          fetch the packages of package-lock.json with npm, copy, rewrite the manifest
    python static/vendor/vendor.py check    compare the files with the manifest; exit code 1 and a line for each difference

Only the first needs Node, and only whoever raises a version runs it: raise it in package.json, run
`npm install --package-lock-only --ignore-scripts` here, then this again. The copied files are the publishers' own, byte
for byte; the icon sprite alone is put together here, from the publisher's drawings. Nothing is minified, bundled or
built, so a checksum in the manifest can be compared with the npm package.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parent
STATIC = VENDOR.parent
MANIFEST = VENDOR / "manifest.toml"
SPRITE = STATIC / "img" / "icons.svg"

MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


@dataclass(frozen=True)
class Package:
    """What we take from one npm package. Without `notice` the package ships its own LICENSE, which is copied."""

    npm: str
    folder: str
    licence: str
    files: tuple[str, ...] = ()
    notice: str = ""


PACKAGES = (
    Package(
        npm="@tabler/core",
        folder="tabler",
        licence="MIT",
        files=("dist/css/tabler.min.css",),
        notice="Copyright 2018-2026 The Tabler Authors\nCopyright 2018-2026 codecalm.net Paweł Kuna",
    ),
    Package(npm="htmx.org", folder="htmx", licence="0BSD", files=("dist/htmx.min.js",)),
    Package(npm="@tabler/icons", folder="tabler-icons", licence="MIT"),
    Package(
        npm="@fontsource-variable/inter",
        folder="inter",
        licence="OFL-1.1",
        files=("files/inter-latin-wght-normal.woff2", "files/inter-latin-ext-wght-normal.woff2"),
    ),
)

# Our name for the meaning -> Tabler's name for the drawing. Templates use ours, so a drawing can change in one place.
ICONS = {
    # the navigation
    "home": "home", "team": "users-group", "municipality": "building-community", "people": "users", "person": "user",
    "org": "sitemap", "systems": "apps", "courses": "book", "requirements": "clipboard-check",
    "sessions": "calendar-event", "programme": "route", "documents": "file-text", "imports": "file-import",
    "exports": "download", "reports": "chart-bar", "mail": "mail", "settings": "settings", "coordination": "columns-3",
    "audit": "history", "certificate": "certificate",
    # the states of an obligation
    "exempt": "circle-minus", "on_hold": "player-pause", "to_do": "circle-dashed", "overdue": "alert-circle",
    "valid": "circle-check", "renew": "refresh", "grace": "hourglass", "lapsed": "circle-x",
    # notices
    "alert": "alert-triangle", "bell": "bell", "bell-off": "bell-off", "help": "help-circle", "important": "flag",
    "inbox": "inbox", "info": "info-circle", "local": "map-pin", "success": "circle-check", "tip": "bulb",
    "warning": "alert-triangle",
    # acts
    "archive": "archive", "check": "check", "copy": "copy", "download": "download", "edit": "pencil",
    "external": "external-link", "filter": "filter", "link": "link", "merge": "arrow-merge", "play": "player-play",
    "plus": "plus", "print": "printer", "remove": "trash", "replace": "replace", "search": "search", "send": "send",
    "sign": "writing-sign", "sign-out": "logout", "undo": "arrow-back-up", "upload": "upload", "user-add": "user-plus",
    "user-check": "user-check", "user-off": "user-off", "x": "x",
    # things
    "attachment": "paperclip", "building": "building", "calendar": "calendar", "clock": "clock", "database": "database",
    "device": "devices", "id": "id-badge", "key": "key", "laptop": "device-laptop", "list": "list", "lock": "lock",
    "mail-off": "mail-off", "package": "package", "pdf": "file-type-pdf", "qr": "qrcode", "school": "school",
    "security": "shield-check", "spreadsheet": "file-spreadsheet", "table": "table", "target": "target",
    "trend-down": "trending-down", "trend-up": "trending-up", "unlock": "lock-open", "versions": "versions",
    "video": "video", "comment": "message",
    # the shell
    "account": "user-circle", "arrow-left": "arrow-left", "arrow-right": "arrow-right", "auto": "device-desktop",
    "chevron-down": "chevron-down", "chevron-left": "chevron-left", "chevron-right": "chevron-right", "dark": "moon",
    "dots": "dots", "eye": "eye", "eye-off": "eye-off", "language": "world", "light": "sun", "menu": "menu-2",
    "sort": "arrows-sort", "sort-down": "arrow-down", "sort-up": "arrow-up",
}  # fmt: skip


def sha256(path: Path) -> str:
    """Answer the checksum of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def symbol(name: str, drawing: str) -> str:
    """Answer one `<symbol>` of the sprite from one of Tabler's SVG files."""
    body = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
    if body is None:
        raise ValueError(f"{name}: not an SVG drawing")
    shapes = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", body[1])
    shapes = re.sub(r"\s+/>", "/>", re.sub(r"\s*\n\s*", "", shapes)).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def sprite(icons: Path) -> str:
    """Answer the sprite of every drawing in `ICONS`. Colour and width of the lines come from the `.icon` class."""
    symbols = (symbol(ours, (icons / f"{theirs}.svg").read_text("utf-8")) for ours, theirs in sorted(ICONS.items()))
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def copy_package(package: Package, source: Path, version: str) -> list[Path]:
    """Copy a package's files and licence into `<folder>-<version>/`; answer the copies, paths from `static/`."""
    target = VENDOR / f"{package.folder}-{version}"
    target.mkdir()
    copies = [Path(shutil.copyfile(source / name, target / Path(name).name)) for name in package.files]
    licence = target / "LICENSE"
    if package.notice:
        licence.write_text(f"{package.licence} License\n\n{package.notice}\n\n{MIT}", "utf-8")
    else:
        shutil.copyfile(source / "LICENSE", licence)
    return [path.relative_to(STATIC) for path in (*copies, licence)]


def entry(package: Package, locked: dict[str, str], files: list[Path]) -> str:
    """Answer a package's part of the manifest, in TOML."""
    lines = [
        "[[package]]",
        f'name = "{package.npm}"',
        f'version = "{locked["version"]}"',
        f'licence = "{package.licence}"',
        f'source = "https://www.npmjs.com/package/{package.npm}/v/{locked["version"]}"',
        f'integrity = "{locked["integrity"]}"',
        "[package.sha256]",
        *(f'"{path.as_posix()}" = "{sha256(STATIC / path)}"' for path in files),
    ]
    return "\n".join(lines) + "\n"


def update() -> None:
    """Replace every vendored file by those of the locked packages and write the manifest anew."""
    lock = json.loads((VENDOR / "package-lock.json").read_text("utf-8"))["packages"]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(VENDOR / name, Path(folder) / name)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
        for old in (path for path in VENDOR.iterdir() if path.is_dir()):
            shutil.rmtree(old)
        entries = []
        for package in PACKAGES:
            locked, source = lock[f"node_modules/{package.npm}"], Path(folder) / "node_modules" / package.npm
            files = copy_package(package, source, locked["version"])
            if package.npm == "@tabler/icons":
                SPRITE.parent.mkdir(exist_ok=True)
                SPRITE.write_text(sprite(source / "icons" / "outline"), "utf-8")
                files.append(SPRITE.relative_to(STATIC))
            entries.append(entry(package, locked, files))
    MANIFEST.write_text("# Written by vendor.py; run it, do not edit.\n\n" + "\n".join(entries), "utf-8")


def differences() -> list[str]:
    """Answer what differs between the manifest and the files, one sentence each; empty when all is as pinned."""
    manifest = tomllib.loads(MANIFEST.read_text("utf-8"))
    listed = {path: digest for package in manifest["package"] for path, digest in package["sha256"].items()}
    found = {path.relative_to(STATIC).as_posix() for path in VENDOR.glob("*/**/*") if path.is_file()}
    missing = [f"{path} is in the manifest but missing" for path in sorted(listed) if not (STATIC / path).is_file()]
    unlisted = [f"{path} is not in the manifest" for path in sorted(found - listed.keys()) if "__pycache__" not in path]
    changed = [
        f"{path} is not the file that was pinned"
        for path, digest in sorted(listed.items())
        if (STATIC / path).is_file() and sha256(STATIC / path) != digest
    ]
    return missing + unlisted + changed


def main() -> int:
    """Run the command; answer the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", choices=("update", "check"), default="update")
    if parser.parse_args().command == "update":
        update()
    problems = differences()
    print("\n".join(problems) or "Every vendored file is as the manifest says.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
