"""What addresses may hold."""

from werkzeug.routing import BaseConverter

from tracker.tokens import PUBLIC_ID_PATTERN


class PublicIdConverter(BaseConverter):
    """`<public_id:person_id>`: a random identifier, 20 hexadecimal digits."""

    regex = PUBLIC_ID_PATTERN
