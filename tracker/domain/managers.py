"""Who manages which unit, read from "whose manager is who". Job titles are not trusted: HR's titles are often wrong."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Post:
    """A person works in a unit and names a manager there, if any. People and units are named by their codes."""

    person: str
    unit: str
    manager: str | None


def managers(posts: Iterable[Post]) -> set[tuple[str, str]]:
    """Return (person, unit) for everyone who manages a unit, given all posts in force on a day.

    A unit is managed by those whom its staff name as manager, counting only staff who lead nobody: that a unit's
    manager reports to the head of administration does not make the head its manager. Where some of those named work in
    the unit themselves, they are its managers; only where none does is it managed from elsewhere. A unit where
    everyone leads somebody, such as the head's own, is managed by those of them who report to nobody in it.
    """
    posts = list(posts)
    present = {post.person for post in posts}
    leaders = {post.manager for post in posts if post.manager in present and post.manager != post.person}
    staff: defaultdict[str, set[str]] = defaultdict(set)
    named: defaultdict[str, set[str]] = defaultdict(set)
    reports_to: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for post in posts:
        staff[post.unit].add(post.person)
        if post.manager is None or post.manager == post.person or post.manager not in present:
            continue
        reports_to[post.person, post.unit].add(post.manager)
        if post.person not in leaders:
            named[post.unit].add(post.manager)

    found: set[tuple[str, str]] = set()
    for unit, people in staff.items():
        if named[unit]:
            chosen = named[unit] & people or named[unit]
        else:
            leading = people & leaders
            chosen = {person for person in leading if not reports_to[person, unit] & leading}
        found.update((person, unit) for person in chosen)
    return found
