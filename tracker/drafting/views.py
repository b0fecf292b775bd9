"""The requirement editor: drafts, what they would change, their publication; and the end of a requirement."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Row, select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.accounts.models import Account
from tracker.accounts.queries import holders_of
from tracker.compliance.queries import employed_on, figures_of_requirement, workplaces
from tracker.compliance.whatif import Change, WhatIf, what_if
from tracker.drafting import operations, queries
from tracker.drafting.doubts import Doubt, doubts
from tracker.drafting.forms import MOST_LINES, DraftForm, NewForm, RetireForm, filled
from tracker.drafting.queries import Drafted
from tracker.drafting.words import CHANGES, DOUBTS, MAILS
from tracker.organisation.queries import tree_on
from tracker.paging import Page, page_of
from tracker.people.models import Person
from tracker.people.queries import in_name_order, visible_to
from tracker.permissions import Permission
from tracker.programmes.queries import items_of
from tracker.reminders.forecast import Mail, MailChange, MailChanges, mail_changes
from tracker.requirements.operations import Draft, MissingTextError, NoAudienceError, check_publishable
from tracker.requirements.queries import by_public_id, in_charge, published_versions
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page, person_name

bp = Blueprint("drafting", __name__, url_prefix="/requirements")

PEOPLE_A_PAGE = 50
SAVE, ADD_LINE, REMOVE_LINE = "save", "add_line", "remove_line:"
"""What the buttons of the editor do."""

_NOT_KEPT = {"act", "revision", "csrf_token"}
_WORDS = {"changes": CHANGES, "doubts": DOUBTS, "mail_words": MAILS}


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def create() -> Response:
    """Begin a requirement: its title and course. The rest is decided in the editor."""
    form = NewForm()
    courses = queries.courses(g.session, g.today)
    form.offer(courses)
    if submitted(form):
        draft = Draft(
            titles={"sv": form.title_sv.data or "", "en": form.title_en.data or ""},
            reasons={"sv": "", "en": ""},
            course_id=next(one.id for one in courses if one.public_id == form.course.data),
            effective_from=g.today,
            lines=(),
            first_due_days=30,
        )
        try:
            version = operations.begin_draft(g.session, code=form.code.data or "", draft=draft, by=g.viewer, now=g.now)
        except operations.CodeTakenError:
            refuse(form.code, _("Another requirement has this code."))
        else:
            return redirect(url_for("drafting.edit", draft_id=version.public_id))
    return page("drafting/create.html", form=form, courses=courses)


@bp.post("/<public_id:requirement_id>/draft")
@requires(Permission.REQUIREMENT_EDIT)
def begin(requirement_id: str) -> Response:
    """Begin the next version of a requirement, or go to the one that is begun."""
    requirement = found(by_public_id(g.session, requirement_id))
    try:
        version = operations.begin_next_version(
            g.session, requirement=requirement, by=g.viewer, now=g.now, today=g.today
        )
    except operations.NothingPublishedError:
        abort(404)
    return redirect(url_for("drafting.edit", draft_id=version.public_id))


@bp.get("/drafts")
@requires(Permission.REQUIREMENT_EDIT)
def index() -> Response:
    """List the drafts, and who is asked to approve what."""
    listed = queries.drafts(g.session)
    names = _names({id_ for version in listed for id_ in (version.saved_by_id, version.asked_by_id)})
    return page("drafting/index.html", drafts=listed, names=names)


@bp.route("/drafts/<public_id:draft_id>/edit", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def edit(draft_id: str) -> Response:
    """Write a draft. Adding and removing lines saves nothing; saving over somebody's newer save shows both."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    form = _form(drafted)
    act = request.form.get("act", SAVE)
    if request.method == "POST" and act != SAVE:
        _change_lines(form, act)
        response = page("drafting/edit.html", form=form, drafted=drafted)
        response.status_code = 200  # Nothing was refused.
        return response
    if submitted(form):
        try:
            operations.save_draft(
                g.session, version=drafted.version, draft=form.says, revision=_revision(), by=g.viewer, now=g.now
            )
        except operations.DraftChangedError:
            return _conflict(form, draft_id)
        flash(_("The draft is saved. It asks nothing of anyone until it is published."), "success")
        return redirect(url_for("drafting.show", draft_id=draft_id))
    if not form.lines.entries:
        _change_lines(form, ADD_LINE)
    return page("drafting/edit.html", form=form, drafted=drafted)


def _form(drafted: Drafted, sent: MultiDict[str, str] | None = None) -> DraftForm:
    """Return the form of a draft: as it was sent, else as the draft says. `sent`: as an address sent it."""
    offered = queries.choices(g.session, g.today, drafted.says)
    data = filled(drafted.says, drafted.version.revision, offered)
    form = DraftForm(data=data) if sent is None else DraftForm(sent, data=data, meta={"csrf": False})
    form.offer(offered)
    return form


def _change_lines(form: DraftForm, act: str) -> None:
    if act == ADD_LINE and len(form.lines.entries) < MOST_LINES:
        form.lines.append_entry()
        form.lines.entries[-1].form.offer(form.offered)
    elif act.startswith(REMOVE_LINE):
        name = act.removeprefix(REMOVE_LINE)
        form.lines.entries[:] = [entry for entry in form.lines.entries if entry.name != name]


def _conflict(form: DraftForm, draft_id: str) -> Response:
    """Show what the sender wrote beside what somebody else has saved; saving again is then a choice."""
    theirs = found(queries.draft_by_public_id(g.session, draft_id))
    mine = queries.worded(g.session, theirs.requirement.id, form.says, form.offered)
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_KEPT]
    response = page(
        "drafting/conflict.html",
        drafted=theirs,
        sent=[*kept, ("revision", theirs.version.revision)],
        mine=mine,
        theirs=queries.worded(g.session, theirs.requirement.id, theirs.says, form.offered),
        names=_names({theirs.version.saved_by_id}),
    )
    response.status_code = 409
    return response


@bp.get("/drafts/<public_id:draft_id>/preview")
@requires(Permission.REQUIREMENT_EDIT, on_a_day=True)
def preview(draft_id: str) -> Response:
    """Show what a draft would change as it stands in the editor, unsaved. Only htmx asks; others get the draft's page."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    if "HX-Request" not in request.headers:
        return redirect(url_for("drafting.show", draft_id=draft_id))
    # Titles and reasons change nothing, so the address does not carry them.
    texts = {f"{name}_{language}": "–" for name in ("title", "reason") for language in ("sv", "en")}
    form = _form(drafted, MultiDict([*request.args.items(multi=True), *texts.items()]))
    if not form.validate():
        return page("drafting/_preview.html", weighed=None, form=form)
    weighed = _weigh(drafted, form.says)
    return page(
        "drafting/_preview.html",
        weighed=weighed,
        units=_units(weighed.whatif),
        worded=queries.worded(g.session, drafted.requirement.id, form.says, form.offered),
        **_WORDS,
    )


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a draft would change, and what is worth a second thought about it."""

    whatif: WhatIf
    doubts: list[Doubt]
    minutes: int | None  # the course's
    mails: MailChanges

    @property
    def hours(self) -> int:
        """How many hours of training it costs, rounded up."""
        return -(-(self.minutes or 0) * self.whatif.count(Change.TO_COMPLETE) // 60)

    @property
    def mail_days(self) -> dict[date, Counter[MailChange]]:
        """How many weekly mails change in which way, by the day they go out."""
        days: dict[date, Counter[MailChange]] = {}
        for mail in self.mails.mails:
            days.setdefault(mail.day, Counter())[mail.change] += 1
        return days


def _weigh(drafted: Drafted, says: Draft) -> Weighed:
    """Ask what a draft would change: on the day asked about, else on the day it takes effect, but not before today."""
    day = g.day if request.args.get("day") else max(g.today, says.effective_from)
    whatif = what_if(g.session, requirement_id=drafted.requirement.id, draft=says, day=day)
    minutes = {one.id: one.minutes for one in queries.courses(g.session, g.today)}
    published = {id_ for id_, long in minutes.items() if long is not None}
    return Weighed(
        whatif,
        doubts(says, whatif, published_courses=published, today=g.today),
        minutes.get(says.course_id),
        mail_changes(g.session, {drafted.requirement.id: whatif}, today=g.today),
    )


@bp.get("/drafts/<public_id:draft_id>")
@requires(Permission.REQUIREMENT_EDIT, on_a_day=True)
def show(draft_id: str) -> Response:
    """Show what a draft says and would change, and what can be done with it."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    weighed = _weigh(drafted, drafted.says)
    version = drafted.version
    approvers = holders_of(g.session, Permission.REQUIREMENT_EDIT) - {version.saved_by_id, version.asked_by_id}
    if version.asked_by_id is None:
        approvers.discard(g.viewer.account_id)  # Who is about to ask.
    return page(
        "drafting/show.html",
        drafted=drafted,
        weighed=weighed,
        worded=queries.worded(
            g.session, drafted.requirement.id, drafted.says, queries.choices(g.session, g.today, drafted.says)
        ),
        units=_units(weighed.whatif),
        complete=_is_complete(drafted.says),
        may_publish=operations.may_publish(version, weighed.whatif, g.viewer),
        names=_names({version.saved_by_id, version.asked_by_id, *approvers}),
        approvers=approvers,
        published=bool(published_versions(g.session, drafted.requirement.id)),
        **_WORDS,
    )


def _is_complete(says: Draft) -> bool:
    try:
        check_publishable(says)
    except (NoAudienceError, MissingTextError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class UnitLine:
    """How many of a unit's people a draft would be for."""

    public_id: str
    name: str
    employed: int
    matched: int
    added: int
    dropped: int


def _units(whatif: WhatIf) -> list[UnitLine]:
    """Return the units that a draft reaches, those with most people first."""
    tree = tree_on(g.session, whatif.day)
    names = tree.names()
    lines = [
        UnitLine(
            node.public_id,
            names[unit_id],
            len(people),
            *(len(people & whatif.people[change]) for change in (Change.MATCHED, Change.ADDED, Change.DROPPED)),
        )
        for unit_id, people in whatif.units.items()
        if (node := tree.nodes.get(unit_id)) is not None
    ]
    return sorted((line for line in lines if line.matched or line.dropped), key=lambda line: (-line.matched, line.name))


@bp.get("/drafts/<public_id:draft_id>/people")
@requires(Permission.REQUIREMENT_EDIT, on_a_day=True)
def people(draft_id: str) -> Response:
    """List the people behind a figure of what a draft would change."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    weighed = _weigh(drafted, drafted.says)
    whatif = weighed.whatif
    asked = request.args.get("change", "")
    change = Change(asked) if asked in set(Change) else Change.MATCHED
    unit = next((one for one in _units(whatif) if one.public_id == request.args.get("unit", "")), None)
    chosen = whatif.people[change]
    if unit is not None:
        node = next(one for one in tree_on(g.session, whatif.day).nodes.values() if one.public_id == unit.public_id)
        chosen &= whatif.units[node.id]
    listed = _people_page(chosen, whatif.day)
    return page(
        "drafting/people.html",
        drafted=drafted,
        whatif=whatif,
        change=change,
        changes=CHANGES,
        unit=unit,
        listed=listed,
        places=workplaces(g.session, [person.id for (person,) in listed.rows], whatif.day),
    )


def _people_page(chosen: frozenset[int], day: date) -> Page[Row[Person]]:
    return page_of(
        g.session,
        select(Person).where(Person.id.in_(chosen), visible_to(g.viewer, day)).order_by(*in_name_order()),
        number=request.args.get("page", 1, type=int),
        size=PEOPLE_A_PAGE,
    )


@bp.get("/drafts/<public_id:draft_id>/mails")
@requires(Permission.REQUIREMENT_EDIT, on_a_day=True)
def mails(draft_id: str) -> Response:
    """List the managers whose weekly mails a draft would change, on one of the days they go out."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    weighed = _weigh(drafted, drafted.says)
    on = _mail_day(weighed)
    changed = {mail.account_id: mail for mail in weighed.mails.mails if mail.day == on}
    listed = page_of(
        g.session,
        select(Account, Person)
        .join(Person, Person.id == Account.person_id)
        .where(Account.id.in_(changed))
        .order_by(*in_name_order()),
        number=request.args.get("page", 1, type=int),
        size=PEOPLE_A_PAGE,
    )
    return page(
        "drafting/mails.html", drafted=drafted, weighed=weighed, on=on, changed=changed, listed=listed, **_WORDS
    )


@bp.get("/drafts/<public_id:draft_id>/mails/<public_id:account_id>")
@requires(Permission.REQUIREMENT_EDIT, on_a_day=True)
def mail(draft_id: str, account_id: str) -> Response:
    """List the people for whose sake a draft would change a manager's weekly mail of a day."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    account = found(g.session.scalars(select(Account).where(Account.public_id == account_id)).one_or_none())
    weighed = _weigh(drafted, drafted.says)
    on = _mail_day(weighed)
    changed: Mail | None = next(
        (one for one in weighed.mails.mails if (one.account_id, one.day) == (account.id, on)), None
    )
    listed = _people_page(changed.people if changed else frozenset(), weighed.whatif.day)
    return page(
        "drafting/mail.html",
        drafted=drafted,
        weighed=weighed,
        on=on,
        change=changed and changed.change,
        to=_names({account.id})[account.id],
        listed=listed,
        places=workplaces(g.session, [person.id for (person,) in listed.rows], weighed.whatif.day),
        **_WORDS,
    )


def _mail_day(weighed: Weighed) -> date:
    """Return the day asked about if any mail of it changes, else the first such day, else the day of the draft."""
    asked = request.args.get("on", "")
    days = {day.isoformat(): day for day in weighed.mail_days}
    return days.get(asked) or next(iter(days.values()), weighed.whatif.day)


@bp.post("/drafts/<public_id:draft_id>/publish")
@requires(Permission.REQUIREMENT_EDIT)
def publish(draft_id: str) -> Response:
    """Publish a draft, or approve the one that somebody else has asked about."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    try:
        operations.publish_draft(
            g.session, version=drafted.version, revision=_revision(), by=g.viewer, now=g.now, today=g.today
        )
    except operations.SecondPersonError:
        flash(_("A requirement for all staff is published by another than who drafted it and asked."), "error")
    except operations.DraftChangedError:
        flash(_("The draft was changed meanwhile. Look at it again."), "error")
    except (NoAudienceError, MissingTextError):
        flash(_("The draft is not complete: say for whom it is, and why, in both languages."), "error")
    else:
        flash(_("The requirement is published. Everybody’s dates are computed."), "success")
        return redirect(url_for("requirements.show", requirement_id=drafted.requirement.public_id))
    return redirect(url_for("drafting.show", draft_id=draft_id))


@bp.post("/drafts/<public_id:draft_id>/ask")
@requires(Permission.REQUIREMENT_EDIT)
def ask(draft_id: str) -> Response:
    """Ask a second person to publish a draft."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    try:
        operations.ask_approval(g.session, version=drafted.version, revision=_revision(), by=g.viewer)
    except operations.DraftChangedError:
        flash(_("The draft was changed meanwhile. Look at it again."), "error")
    except (NoAudienceError, MissingTextError):
        flash(_("The draft is not complete: say for whom it is, and why, in both languages."), "error")
    else:
        flash(_("Now a colleague who decides requirements can publish it."), "success")
    return redirect(url_for("drafting.show", draft_id=draft_id))


@bp.route("/drafts/<public_id:draft_id>/discard", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def discard(draft_id: str) -> Response:
    """Throw a draft away, once one has said so."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    if request.method == "GET":
        new = not published_versions(g.session, drafted.requirement.id)
        items = items_of(g.session, drafted.requirement.id) if new else []
        return page("drafting/discard.html", drafted=drafted, items=items)
    try:
        operations.discard_draft(g.session, version=drafted.version, revision=_revision(), by=g.viewer)
    except operations.DraftChangedError:
        flash(_("The draft was changed meanwhile. Look at it again."), "error")
        return redirect(url_for("drafting.show", draft_id=draft_id))
    flash(_("The draft is gone."), "success")
    return redirect(url_for("drafting.index"))


def _revision() -> int:
    """Return which revision of a draft was looked at; 0, which none is, if the form does not say."""
    return request.form.get("revision", 0, type=int)


@bp.route("/<public_id:requirement_id>/retire", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def retire(requirement_id: str) -> Response:
    """End a requirement, once it was shown how everyone it is for stands on the last day chosen."""
    requirement = found(by_public_id(g.session, requirement_id))
    version = found(in_charge(published_versions(g.session, requirement.id), g.today))
    form = RetireForm(last_day=g.today)
    form.first_day = g.today
    last_day, chosen = g.today, submitted(form)
    if chosen:
        last_day = form.chosen
        try:
            operations.ending_on(g.session, requirement, last_day)
        except operations.NotInEffectError as error:
            chosen = False
            refuse(
                form.last_day,
                _("It takes effect on %(day)s. Choose that day or a later one.", day=error.effective_from),
            )
        except operations.RetiredAlreadyError:
            chosen = False
            refuse(form.last_day, _("It ends on that day or earlier already."))
    if chosen and form.seen.data == last_day.isoformat():
        operations.retire(g.session, requirement=requirement, last_day=last_day, by=g.viewer, now=g.now)
        flash(_("The requirement ends on the day you chose."), "success")
        return redirect(url_for("requirements.show", requirement_id=requirement_id))
    form.seen.data = last_day.isoformat() if chosen else ""
    shown = page(
        "drafting/retire.html",
        form=form,
        requirement=requirement,
        version=version,
        last_day=last_day,
        chosen=chosen,
        stands=figures_of_requirement(g.session, employed_on(last_day), last_day, requirement.id),
    )
    if chosen:
        shown.status_code = 200  # Nothing is wrong with the form: its consequences are shown.
    return shown


def _names(account_ids: set[int | None]) -> dict[int, str]:
    """Return what the owners of some accounts are called, as the viewer may see it."""
    ids = {id_ for id_ in account_ids if id_ is not None}
    rows = g.session.execute(
        select(Account, Person).outerjoin(Person, Person.id == Account.person_id).where(Account.id.in_(ids))
    )
    return {account.id: person_name(person) if person else account.display_name for account, person in rows}
