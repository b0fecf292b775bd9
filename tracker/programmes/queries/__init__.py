"""Questions about the programme and about each new hire's introduction."""

from tracker.programmes.queries.introductions import (
    Done,
    Introduction,
    Task,
    introducible_to,
    introduction_of,
    introductions,
    may_see_all,
    may_tick,
    of_person,
    standing_done,
    tickable,
)
from tracker.programmes.queries.lists import Affected, Filter, Hires, OwnTask, OwnTasks, affected, hires_page, tasks_for
from tracker.programmes.queries.programme import (
    Line,
    LoadedItem,
    item_by_public_id,
    listed,
    load_items,
    versions_of,
    written,
)

__all__ = [
    "Affected",
    "Done",
    "Filter",
    "Hires",
    "Introduction",
    "Line",
    "LoadedItem",
    "OwnTask",
    "OwnTasks",
    "Task",
    "affected",
    "hires_page",
    "introducible_to",
    "introduction_of",
    "introductions",
    "item_by_public_id",
    "listed",
    "load_items",
    "may_see_all",
    "may_tick",
    "of_person",
    "standing_done",
    "tasks_for",
    "tickable",
    "versions_of",
    "written",
]
