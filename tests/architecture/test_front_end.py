"""The front end keeps its promises: pinned files, a strict content security policy, icons that exist, contrast."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.app import NAVIGATION
from tracker.assets import STATIC, TEMPLATES

PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "email" not in path.relative_to(TEMPLATES).parts)
ICONS = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "img" / "icons.svg").read_text("utf-8")))

# What the content security policy refuses, and what htmx would need eval for.
REFUSED = {
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "a style element": r"<style\b",
    "an inline script": r"<script\b(?![^>]*\bsrc=)",
    "an event handler attribute": r"<[a-z][^>]*\son[a-z]+\s*=",
    "an htmx handler": r"\bhx-on\b",
    "an htmx expression": r"""hx-(?:vals|headers|confirm)[^=]*=\s*["']js:""",
    "an htmx trigger filter": r"""hx-trigger\s*=\s*["'][^"']*\[""",
    "another origin's file": r"""<(?:script|link|img|iframe)\b[^>]*(?:src|href)\s*=\s*["'](?:https?:)?//""",
}

TEXT_PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-soft", "accent") for ground in ("bg", "surface", "surface-sunken")),
    *((f"{tone}", f"{tone}-soft") for tone in ("accent", "good", "warn", "bad", "wine", "teal", "violet", "grey")),
    *(("ink", f"{tone}-soft") for tone in ("accent", "good", "warn", "bad", "teal", "violet")),
    ("accent-fg", "accent"),
    ("accent-fg", "accent-hover"),
    ("bad-fg", "bad"),
    ("bad-fg", "bad-hover"),
    ("bad", "surface"),
    ("bad", "bg"),
    ("good", "surface"),
    ("warn", "surface"),
    ("ink-soft", "accent-soft"),
    ("ink", "surface-hover"),
]
CONTROL_PAIRS = [
    (edge, ground)
    for edge in ("line-control", "focus")
    for ground in ("bg", "surface", "surface-sunken", "accent-soft")
]


def test_vendored_files_are_those_the_manifest_pins():
    path = STATIC / "vendor" / "vendor.py"
    found = subprocess.run([sys.executable, path, "check"], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout.strip()) == (0, "Every vendored file is as the manifest says.")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_templates_hold_nothing_the_content_security_policy_refuses(path: Path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert [what for what, pattern in REFUSED.items() if re.search(pattern, text, re.IGNORECASE)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_every_icon_a_template_names_is_in_the_sprite(path: Path):
    named = re.findall(r"""\b(?:icon|drawing)\(\s*["']([\w-]+)["']|\bicon=["']([\w-]+)["']""", path.read_text("utf-8"))
    assert {first or second for first, second in named} - ICONS == set()


def test_every_icon_of_the_navigation_is_in_the_sprite():
    assert {icon for _endpoint, _label, icon, _permission in NAVIGATION} - ICONS == set()


def test_every_static_file_a_template_names_exists():
    named = {
        name
        for path in PAGES
        for name in re.findall(r"""static_url\(["']([^"'{}]+\.\w+)["']\)""", path.read_text("utf-8"))
    }
    document = (TEMPLATES / "_document.html").read_text("utf-8")
    for folder, variable in (("css", "sheet"), ("js", "module")):
        listed = re.search(rf"for {variable} in \(([^)]*)\)", document)
        assert listed is not None
        named |= {f"{folder}/{name}.{folder}" for name in re.findall(r'"([\w-]+)"', listed[1])}
    assert [name for name in sorted(named) if not (STATIC / name).is_file()] == []
    ours = {path.relative_to(STATIC).as_posix() for kind in ("css", "js") for path in (STATIC / kind).glob(f"*.{kind}")}
    assert {"css/tokens.css", "js/forms.js"} <= ours
    assert {name for name in ours if name.startswith("css/")} - named == set(), "a style sheet that no page loads"


def _tokens() -> dict[str, tuple[str, str]]:
    text = (STATIC / "css" / "tokens.css").read_text("utf-8")
    return {
        name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", text)
    }


def _luminance(colour: str) -> float:
    """Answer the relative luminance of WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT_PAIRS, 4.5), (CONTROL_PAIRS, 3.0)], ids=["text", "controls"])
def test_colours_have_the_contrast_of_wcag_aa(theme: int, pairs: list[tuple[str, str]], least: float):
    tokens = _tokens()
    found = {(ink, ground): round(_contrast(tokens[ink][theme], tokens[ground][theme]), 2) for ink, ground in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < least} == {}
