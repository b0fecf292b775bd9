"""What roles are called, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.permissions import Role

ROLES: dict[Role, Any] = {
    Role.HR: _l("HR"),
    Role.TRAINING_ADMINISTRATOR: _l("Training administrator"),
    Role.MUNICIPALITY_ADMINISTRATOR: _l("Municipality administrator"),
    Role.COORDINATOR: _l("Coordinator"),
    Role.OPERATOR: _l("Operator"),
    Role.LEARNER: _l("Learner"),
    Role.UNIT_MANAGER: _l("Manager"),
    Role.SYSTEM_OWNER: _l("System owner"),
    Role.SYSTEM_ADMINISTRATOR: _l("System administrator"),
    Role.IT: _l("IT, for new hires"),
}
