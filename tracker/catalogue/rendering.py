"""Course text: Markdown in, safe HTML out.

Raw HTML in the text is shown as text. What Markdown made is cleaned once more, by an allow-list. Headings begin at h2,
since the page has the h1. Callouts are written `::: tip`, `::: important`, `::: warning` or `::: local`, to `:::`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

CALLOUTS = ("tip", "important", "warning", "local")
_ALIGNMENTS = {"left": "text-start", "center": "text-center", "right": "text-end"}
_CLASSES = {
    "div": {"callout-body", *(f"callout callout-{kind}" for kind in CALLOUTS)},
    "p": {"callout-title"},
    "th": set(_ALIGNMENTS.values()),
    "td": set(_ALIGNMENTS.values()),
}
_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "a", "img", "div"),
    *("h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "loading", "width", "height"},
    "ol": {"start"},
    **{tag: {"class"} for tag in _CLASSES},
}
_CALLOUT_HEAD = re.compile(r'<div class="callout callout-(\w+)">')
_SVG_SIZE = re.compile(rb'<svg[^>]*?\swidth="(\d+)"[^>]*?\sheight="(\d+)"')


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture that a text may show: by its name in the text, at its address, with its size where it is known."""

    name: str
    url: str
    width: int | None = None
    height: int | None = None


def svg_size(content: bytes) -> tuple[int, int] | tuple[None, None]:
    """Return the width and height that an SVG picture gives itself, so that the page does not jump when it arrives."""
    size = _SVG_SIZE.search(content[:1000])
    return (int(size[1]), int(size[2])) if size else (None, None)


def render(
    text: str,
    *,
    pictures: Sequence[ShownPicture] = (),
    callout_titles: Mapping[str, str],
    callout_icons: Mapping[str, str],
) -> str:
    """Return a course text as HTML that is safe to put in a page.

    `callout_titles` are the words above callouts, and `callout_icons` their drawings as markup, by kind.
    """
    html = _render(text, tuple(pictures), tuple(callout_titles.items()))
    # Drawings go in after the cleaning, which would take them out. Text cannot look like this: its "<" is escaped.
    return _CALLOUT_HEAD.sub(lambda head: head[0] + callout_icons[head[1]], html)


@lru_cache(maxsize=512)
def _render(text: str, pictures: tuple[ShownPicture, ...], callout_titles: tuple[tuple[str, str], ...]) -> str:
    environment = {"pictures": {picture.name: picture for picture in pictures}, "titles": dict(callout_titles)}
    return nh3.clean(
        _markdown().render(text, environment),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter,
        url_schemes={"https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


def _filter(tag: str, attribute: str, value: str) -> str | None:
    """Let through only the classes that this module writes."""
    return value if attribute != "class" or value in _CLASSES[tag] else None


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    for kind in CALLOUTS:
        markdown.use(container_plugin, name=kind, render=_callout)
    for rule in ("heading_open", "heading_close"):
        markdown.add_render_rule(rule, _heading)
    for rule in ("th_open", "td_open"):
        markdown.add_render_rule(rule, _cell)
    markdown.add_render_rule("image", _image)
    return markdown


def _callout(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, environment: Any) -> str:
    if tokens[index].nesting < 0:
        return "</div></div>\n"
    kind = tokens[index].type.removeprefix("container_").removesuffix("_open")
    title = nh3.clean_text(environment["titles"][kind])
    return f'<div class="callout callout-{kind}"><p class="callout-title">{title}</p><div class="callout-body">\n'


def _heading(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, environment: Any) -> str:
    if tokens[index].tag == "h1":
        tokens[index].tag = "h2"
    return renderer.renderToken(tokens, index, options, environment)


def _cell(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, environment: Any) -> str:
    """Say a column's alignment by class: a style attribute is against the content security policy."""
    style = tokens[index].attrs.pop("style", None)
    if style is not None:
        tokens[index].attrSet("class", _ALIGNMENTS[str(style).removeprefix("text-align:")])
    return renderer.renderToken(tokens, index, options, environment)


def _image(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, environment: Any) -> str:
    """Show a picture of the course; of any other, only what it was said to show."""
    token = tokens[index]
    token.attrSet("alt", renderer.renderInlineAsText(token.children or [], options, environment))
    picture: ShownPicture | None = environment["pictures"].get(token.attrs["src"])
    if picture is None:
        return nh3.clean_text(str(token.attrs["alt"]))
    token.attrSet("src", picture.url)
    token.attrSet("loading", "lazy")
    if picture.width is not None and picture.height is not None:
        token.attrSet("width", str(picture.width))
        token.attrSet("height", str(picture.height))
    return renderer.renderToken(tokens, index, options, environment)
