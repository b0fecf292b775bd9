"""Whatever a page links to is there, and the one who sees the link may go there."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.addresses import one_of_everything
from tests.factories import sign_in

CAST = ("anna", "bosse", "cecilia", "david", "eva", "mona", "olle", "kim")


class Links(HTMLParser):
    """The addresses that a page leads to: links, what is fetched into the page, and pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "hx-get"} or (name, tag) == ("src", "img"):
                self.found.append(value or "")


def crawl(client: FlaskClient) -> dict[str, str]:
    """Follow every link from the start page on. Returns what does not answer well, with the page that led there.

    Pages that differ only in what they are asked for are gone to once.
    """
    waiting, seen, broken = [("/", "")], set(), {}
    while waiting:
        address, came_from = waiting.pop()
        parts = urlsplit(address)
        place = (parts.path, frozenset(pair.partition("=")[0] for pair in parts.query.split("&")))
        if place in seen or parts.path.startswith("/static/"):
            continue
        seen.add(place)
        answer = client.get(address, follow_redirects=True)
        if answer.status_code >= 400:
            broken[address] = f"{answer.status_code}, from {came_from}"
        elif answer.mimetype == "text/html":
            found = (urljoin(address, link) for link in Links(answer.text).found)
            waiting.extend((link, address) for link in found if urlsplit(link).scheme == "" and link.startswith("/"))
    assert len(seen) > 5
    return broken


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", CAST)
def test_no_link_is_broken(app, database, cast, in_kil, name):
    one_of_everything(app, cast, in_kil)
    assert crawl(sign_in(app.test_client(), database, cast, name)) == {}
