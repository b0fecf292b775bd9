"""What duties are called, and why details are refused, in the reader's language."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.domain.facts import DutyKind
from tracker.people.details import AddressTakenError, EarlierNumberError, NumberTakenError
from tracker.web.pages import person_name

DUTIES: dict[DutyKind, Any] = {
    DutyKind.UNIT_MANAGER: _l("Unit manager"),
    DutyKind.HEAD_OF_ADMINISTRATION: _l("Head of administration"),
    DutyKind.SYSTEM_OWNER: _l("System owner"),
    DutyKind.SYSTEM_ADMINISTRATOR: _l("System administrator"),
    DutyKind.LOCAL_IT_RESOURCE_PERSON: _l("Local IT resource person"),
    DutyKind.LOCAL_IT_COORDINATOR: _l("Local IT coordinator"),
    DutyKind.IT_MANAGER: _l("IT manager"),
    DutyKind.IT_SECURITY_COORDINATOR: _l("IT security coordinator"),
}


def taken_number(error: NumberTakenError | EarlierNumberError) -> str:
    """Say, to who sees everyone, whose an employee number is or was."""
    if error.person is None:
        return _("An account that belongs to nobody in the register has this number.")
    if isinstance(error, EarlierNumberError):
        return _(
            "The number was %(name)s’s before. Tick the box if it has been given to somebody else since.",
            name=person_name(error.person),
        )
    return _("The number is %(name)s’s.", name=person_name(error.person))


def taken_address(error: AddressTakenError) -> str:
    """Say, to who sees everyone, whose an e-mail address is."""
    if error.person is None:
        return _("Another account has this address.")
    return _("The address is %(name)s’s.", name=person_name(error.person))
