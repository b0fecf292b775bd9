"""What duties are called, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.domain.facts import DutyKind

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
