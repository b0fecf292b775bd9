"""Who may do what: permissions, the roles that carry them, and the viewer who holds roles.

A role is either *given* by hand or *follows* from facts (managing a unit, owning a system). The two never mix: one that
follows from facts cannot be given, and ends by itself when the fact does.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Permission(StrEnum):
    """What an endpoint may demand. Which rows it then reaches is decided by the visibility queries."""

    SIGNED_IN = "signed_in"
    LEARN = "learn"
    SIGN_STEP = "sign_step"
    PERSON_VIEW = "person_view"
    PERSON_EDIT = "person_edit"
    TEAM_VIEW = "team_view"
    COMPLETION_RECORD = "completion_record"
    EXCEPTION_GRANT = "exception_grant"
    FIGURES_VIEW = "figures_view"
    COORDINATION_VIEW = "coordination_view"
    EXPORT = "export"
    ROSTER_IMPORT = "roster_import"
    ORGANISATION_VIEW = "organisation_view"
    ORGANISATION_EDIT = "organisation_edit"
    DUTY_EDIT = "duty_edit"
    SYSTEM_VIEW = "system_view"
    SYSTEM_EDIT = "system_edit"
    COURSE_VIEW = "course_view"
    REQUIREMENT_VIEW = "requirement_view"
    REQUIREMENT_EDIT = "requirement_edit"
    ACCOUNT_ADMIN = "account_admin"
    JOURNAL_VIEW = "journal_view"
    OUTBOX_VIEW = "outbox_view"
    NEWCOMER_TASKS = "newcomer_tasks"
    PROGRAMME_EDIT = "programme_edit"


class Role(StrEnum):
    """Every role there is. The first group is given by hand; the second follows from facts."""

    HR = "hr"
    TRAINING_ADMINISTRATOR = "training_administrator"
    MUNICIPALITY_ADMINISTRATOR = "municipality_administrator"
    COORDINATOR = "coordinator"
    OPERATOR = "operator"

    LEARNER = "learner"
    UNIT_MANAGER = "unit_manager"
    SYSTEM_OWNER = "system_owner"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    IT = "it"


class GivenRole(StrEnum):
    """The roles that may be given by hand."""

    HR = Role.HR.value
    TRAINING_ADMINISTRATOR = Role.TRAINING_ADMINISTRATOR.value
    MUNICIPALITY_ADMINISTRATOR = Role.MUNICIPALITY_ADMINISTRATOR.value
    COORDINATOR = Role.COORDINATOR.value
    OPERATOR = Role.OPERATOR.value


_P = Permission

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.LEARNER: frozenset({_P.LEARN, _P.SIGN_STEP, _P.PERSON_VIEW, _P.COURSE_VIEW}),
    Role.UNIT_MANAGER: frozenset(
        {_P.TEAM_VIEW, _P.PERSON_VIEW, _P.COMPLETION_RECORD, _P.EXCEPTION_GRANT, _P.REQUIREMENT_VIEW}
    ),
    Role.SYSTEM_OWNER: frozenset({_P.SYSTEM_VIEW, _P.REQUIREMENT_VIEW}),
    Role.SYSTEM_ADMINISTRATOR: frozenset({_P.SYSTEM_VIEW, _P.REQUIREMENT_VIEW}),
    Role.IT: frozenset({_P.NEWCOMER_TASKS}),
    Role.HR: frozenset(
        {
            _P.TEAM_VIEW,
            _P.PERSON_VIEW,
            _P.PERSON_EDIT,
            _P.COMPLETION_RECORD,
            _P.EXCEPTION_GRANT,
            _P.FIGURES_VIEW,
            _P.EXPORT,
            _P.ROSTER_IMPORT,
            _P.ORGANISATION_VIEW,
            _P.ORGANISATION_EDIT,
            _P.DUTY_EDIT,
            _P.SYSTEM_VIEW,
            _P.COURSE_VIEW,
            _P.REQUIREMENT_VIEW,
            _P.NEWCOMER_TASKS,
            _P.PROGRAMME_EDIT,
        }
    ),
    Role.TRAINING_ADMINISTRATOR: frozenset(
        {
            _P.TEAM_VIEW,
            _P.PERSON_VIEW,
            _P.COMPLETION_RECORD,
            _P.EXCEPTION_GRANT,
            _P.FIGURES_VIEW,
            _P.EXPORT,
            _P.ORGANISATION_VIEW,
            _P.SYSTEM_VIEW,
            _P.SYSTEM_EDIT,
            _P.COURSE_VIEW,
            _P.REQUIREMENT_VIEW,
            _P.REQUIREMENT_EDIT,
            _P.PROGRAMME_EDIT,
        }
    ),
    Role.MUNICIPALITY_ADMINISTRATOR: frozenset(
        {
            _P.FIGURES_VIEW,
            _P.ORGANISATION_VIEW,
            _P.ORGANISATION_EDIT,
            _P.DUTY_EDIT,
            _P.SYSTEM_VIEW,
            _P.SYSTEM_EDIT,
            _P.COURSE_VIEW,
            _P.REQUIREMENT_VIEW,
            _P.ACCOUNT_ADMIN,
            _P.JOURNAL_VIEW,
        }
    ),
    Role.COORDINATOR: frozenset({_P.COORDINATION_VIEW}),
    Role.OPERATOR: frozenset({_P.OUTBOX_VIEW, _P.ACCOUNT_ADMIN}),
}

# Who holds one of these can let others in. It takes two people to give one, and their passwords are longer.
HIGH = frozenset(role for role in GivenRole if _P.ACCOUNT_ADMIN in GRANTS[Role(role.value)])

# Who may give, and take back, which roles: those at or below their own level. Coordinators see all municipalities'
# figures, and operators their outboxes, so no single municipality's administrator decides who they are.
MAY_GIVE: dict[Role, frozenset[GivenRole]] = {
    Role.MUNICIPALITY_ADMINISTRATOR: frozenset(
        {GivenRole.HR, GivenRole.TRAINING_ADMINISTRATOR, GivenRole.MUNICIPALITY_ADMINISTRATOR}
    ),
    Role.OPERATOR: frozenset(GivenRole),
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a session cookie turned out to stand for."""

    account_id: int
    municipality_id: int
    login_session_id: int


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking, or acting: an account with the roles it holds on the day, or a job of the system's own."""

    municipality_id: int
    actor: str  # public id of the account, or "system:<job>"; what the journal keeps
    display_name: str = ""
    account_id: int | None = None
    person_id: int | None = None
    municipality_name: str = ""
    locale: str = "sv"
    theme: str = "auto"
    roles: frozenset[Role] = field(default_factory=frozenset)
    # The units this viewer manages or heads on the day; everything below them is theirs to see too.
    managed_unit_ids: frozenset[int] = frozenset()
    # The systems this viewer owns or administers on the day.
    system_ids: frozenset[int] = frozenset()
    # Where this viewer prepares computers and accounts: in these units and all below them, or in the whole municipality.
    it_unit_ids: frozenset[int] = frozenset()
    it_everywhere: bool = False

    def may(self, permission: Permission) -> bool:
        """Say whether any of the viewer's roles carries a permission."""
        return permission is Permission.SIGNED_IN or any(permission in GRANTS[role] for role in self.roles)

    @property
    def may_give(self) -> frozenset[GivenRole]:
        """The roles that the viewer may give to others and take back."""
        return frozenset().union(*(MAY_GIVE.get(role, frozenset()) for role in self.roles))

    @property
    def sees_everyone(self) -> bool:
        """Whether all people of the municipality are visible: to HR and training administrators (section 7)."""
        return bool(self.roles & {Role.HR, Role.TRAINING_ADMINISTRATOR})


def system(municipality_id: int, job: str) -> Viewer:
    """Return the viewer that acts when no person does: a job, a command, the demo."""
    return Viewer(municipality_id=municipality_id, actor=f"system:{job}")
