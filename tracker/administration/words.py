"""What roles, states and the journal's acts are called, in the reader's language."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from tracker.administration.operations import (
    AboveOwnLevelError,
    AccountDisabledError,
    HighRoleError,
    NoAddressError,
    NotAskerError,
    NotWaitingError,
    OwnAccountError,
    SecondPersonError,
)
from tracker.administration.queries import AccountState
from tracker.domain.facts import DutyKind
from tracker.permissions import Role

# What each role that is given by hand is for.
PURPOSES: dict[Role, Any] = {
    Role.HR: _l("Sees everyone, imports the HR system’s file and takes figures out."),
    Role.TRAINING_ADMINISTRATOR: _l("Sees everyone, decides courses and requirements."),
    Role.MUNICIPALITY_ADMINISTRATOR: _l("Administers accounts, organisation and systems, reads the journal."),
    Role.COORDINATOR: _l("Compares the municipalities’ figures."),
    Role.OPERATOR: _l("Runs the installation: the outbox, all accounts."),
}

FOLLOWS: dict[Role, Any] = {
    Role.LEARNER: _l("Every employee is a learner. The role cannot be given by hand."),
    Role.UNIT_MANAGER: _l("Whoever manages a unit is a manager. Add the duty on the unit’s page instead."),
    Role.SYSTEM_OWNER: _l("Whoever owns a system is a system owner. Add the duty on the system’s page instead."),
    Role.SYSTEM_ADMINISTRATOR: _l(
        "Whoever administers a system is a system administrator. Add the duty on the system’s page instead."
    ),
    Role.IT: _l("Whoever is IT manager or local IT coordinator prepares for new hires. Add the duty instead."),
}

DUTIES: dict[DutyKind, Any] = {
    DutyKind.UNIT_MANAGER: _l("manages %(place)s"),
    DutyKind.HEAD_OF_ADMINISTRATION: _l("is head of %(place)s"),
    DutyKind.SYSTEM_OWNER: _l("owns %(place)s"),
    DutyKind.SYSTEM_ADMINISTRATOR: _l("administers %(place)s"),
    DutyKind.IT_MANAGER: _l("is IT manager"),
    DutyKind.LOCAL_IT_COORDINATOR: _l("is local IT coordinator: %(place)s"),
}

STATES: dict[AccountState, Any] = {
    AccountState.ACTIVE: _l("Active"),
    AccountState.INVITED: _l("Invited"),
    AccountState.NOT_INVITED: _l("Not invited"),
    AccountState.DISABLED: _l("Disabled"),
}

REFUSALS: dict[type[Exception], Any] = {
    OwnAccountError: _l("You cannot administer your own account. Ask a colleague who administers accounts."),
    AboveOwnLevelError: _l(
        "This account may do more than you can decide about. Ask someone who operates the installation."
    ),
    AccountDisabledError: _l("The account is disabled. Enable it first."),
    NoAddressError: _l("The account has no e-mail address. Hand a link over instead."),
    HighRoleError: _l(
        "Whoever has the link could act as an administrator. Send it to the owner’s e-mail address, or take the role back"
        " first and let a colleague approve it anew."
    ),
    SecondPersonError: _l("You asked for this role, so somebody else answers. You can take it back."),
    NotWaitingError: _l("Somebody was before you: the role has been approved, declined or taken back meanwhile."),
    NotAskerError: _l("Only who asked can take it back. You can decline it."),
}

SUBJECTS: dict[str, Any] = {
    "Account": _l("Account"),
    "Person": _l("Person"),
    "OrgUnit": _l("Organisational unit"),
    "Position": _l("Position"),
    "ItSystem": _l("IT system"),
    "Assignment": _l("Assigned requirement"),
    "Attempt": _l("Attempt at a test"),
    "Batch": _l("List of people"),
    "Completion": _l("Completion"),
    "Course": _l("Course"),
    "CourseVersion": _l("Course version"),
    "Enrolment": _l("Enrolment"),
    "ExceptionRequest": _l("Question about a requirement"),
    "Exemption": _l("Exemption"),
    "Export": _l("File taken out"),
    "Extension": _l("Extension"),
    "Requirement": _l("Requirement"),
    "RosterImport": _l("HR import"),
    "Municipality": _l("Municipality"),
    "OutgoingMail": _l("Mail"),
    "SentPack": _l("Pack"),
    "UploadedCertificate": _l("Certificate from elsewhere"),
    "ProgrammeItem": _l("Item of the introduction programme"),
    "TaskDone": _l("Task for a new hire"),
}

ACTIONS: dict[str, Any] = {
    "access.ended": _l("Access ended"),
    "access.granted": _l("Access given"),
    "account.created": _l("Account created"),
    "account.disabled": _l("Account disabled"),
    "account.enabled": _l("Account enabled"),
    "account.link_handed_over": _l("Link handed over"),
    "account.link_mailed": _l("Link mailed"),
    "account.password_changed": _l("Password changed"),
    "account.password_chosen": _l("Password chosen with a link"),
    "account.reset_requested": _l("New password asked for"),
    "account.session_ended": _l("Browser signed out"),
    "account.sessions_ended": _l("Signed out everywhere"),
    "account.signed_in": _l("Signed in"),
    "account.signed_out": _l("Signed out"),
    "assignment.ended": _l("Assigned requirement ended"),
    "assignment.made": _l("Requirement assigned"),
    "attempt.marked": _l("Test marked"),
    "attempt.started": _l("Test started"),
    "certificate.accepted": _l("Certificate from elsewhere accepted"),
    "certificate.declined": _l("Certificate from elsewhere not accepted"),
    "certificate.opened": _l("Certificate from elsewhere opened"),
    "certificate.uploaded": _l("Certificate from elsewhere sent"),
    "certificate.withdrawn": _l("Certificate from elsewhere taken back"),
    "batch.applied": _l("Done for a list of people"),
    "batch.discarded": _l("List of people thrown away"),
    "batch.staged": _l("List of people looked at"),
    "batch.taken": _l("List of people taken out"),
    "batch.undone": _l("List of people undone"),
    "completion.recorded": _l("Completion recorded"),
    "completion.revoked": _l("Completion taken back"),
    "course.equivalence_added": _l("Completions of another course count"),
    "course.equivalence_taken_back": _l("Completions of another course no longer count"),
    "course.published": _l("Course published"),
    "course.started": _l("Course started"),
    "demo.account_opened": _l("Demo account opened"),
    "duty.added": _l("Duty added"),
    "duty.ended": _l("Duty ended"),
    "exception.answered": _l("Question about a requirement answered"),
    "exception.asked": _l("Question about a requirement asked"),
    "exemption.ended": _l("Exemption ended"),
    "exemption.granted": _l("Exemption granted"),
    "export.completions": _l("Completions exported"),
    "export.standing": _l("Standing exported"),
    "extension.granted": _l("Extension granted"),
    "extension.withdrawn": _l("Extension taken back"),
    "mail.tried_again": _l("Mail sent again"),
    "module.done": _l("Module done"),
    "municipality.added": _l("Municipality added"),
    "person.changed": _l("Person’s details changed"),
    "person.merge_undone": _l("Merge of two persons undone"),
    "person.merged": _l("Two persons merged"),
    "person.number_passed_on": _l("Earlier employee number given to somebody else"),
    "phases.computed_as_known": _l("Standing computed from what was known on a past day"),
    "newcomer_tasks.reminded": _l("Reminder of tasks for new hires decided"),
    "pack.exported": _l("Pack taken out"),
    "pack.loaded": _l("Pack loaded"),
    "pack.sent": _l("Pack sent"),
    "phases.rebuilt": _l("Standing computed anew"),
    "programme.item_added": _l("Item added to the introduction programme"),
    "programme.item_changed": _l("Item of the introduction programme changed"),
    "programme.item_dropped": _l("Item of the introduction programme dropped with its requirement’s draft"),
    "programme.item_ended": _l("Item of the introduction programme ended"),
    "reminder.decided": _l("Reminder decided"),
    "requirement.approval_asked": _l("Approval of a requirement asked for"),
    "requirement.draft_begun": _l("Draft of a requirement begun"),
    "requirement.draft_discarded": _l("Draft of a requirement discarded"),
    "requirement.draft_saved": _l("Draft of a requirement saved"),
    "requirement.published": _l("Requirement published"),
    "requirement.retired": _l("Requirement ended"),
    "role.approval_asked": _l("Approval of a role asked for"),
    "role.approval_withdrawn": _l("Approval of a role no longer asked for"),
    "role.declined": _l("Role declined"),
    "role.given": _l("Role given"),
    "role.revoked": _l("Role taken back"),
    "roster.discarded": _l("HR import discarded"),
    "roster.imported": _l("HR import carried out"),
    "roster.staged": _l("HR file read"),
    "steps.signed": _l("Exercises signed"),
    "system.added": _l("System added"),
    "system.changed": _l("System changed"),
    "task.done": _l("Task for a new hire done"),
    "task.undone": _l("Task for a new hire not done after all"),
    "unit.added": _l("Unit added"),
    "unit.changed": _l("Unit changed"),
    "unit.kind_changed": _l("Unit’s kind changed"),
    "units.imported": _l("Organisation read from a file"),
}


# What the system itself acts as.
ACTORS = {
    "command": _l("a command"),
    "demo": _l("the demo"),
    "import": _l("the import command"),
    "newcomer_tasks": _l("the reminders of tasks for new hires"),
    "sign-in": _l("sign-in"),
    "weekly_digest": _l("the weekly mail"),
}


def action(code: str) -> str:
    """Return what an act is called; its code, should it be one from a later version than this."""
    return str(ACTIONS.get(code, code))


def subject(kind: str) -> str:
    """Return what the kind of thing that was acted on is called."""
    return str(SUBJECTS.get(kind, kind))


def actor(code: str) -> str:
    """Return what an actor that is no account is called: one of the system's own jobs or commands."""
    name = code.removeprefix("system:")
    return gettext("The system (%(job)s)", job=ACTORS.get(name, name))
