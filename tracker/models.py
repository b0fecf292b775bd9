"""Every table, imported once, so that the metadata is whole for migrations and for SQLAlchemy's mappers."""

import tracker.accounts.models
import tracker.audit.models
import tracker.bulk.models
import tracker.catalogue.models
import tracker.compliance.models
import tracker.hr.models
import tracker.jobs.models
import tracker.learning.models
import tracker.mail.models
import tracker.municipalities.models
import tracker.organisation.models
import tracker.packs.models
import tracker.people.models
import tracker.programmes.models
import tracker.requirements.models
import tracker.systems.models
import tracker.uploads.models  # noqa: F401
from tracker.tables import Model

metadata = Model.metadata
