"""What the calls of recovery take and give."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from api.users.fields import NewPassword, Text


class ResetCode(msgspec.Struct):
    """The only time that `code` is shown."""

    user_id: UUID
    code: str
    expires_at: datetime


class ResetPassword(msgspec.Struct, forbid_unknown_fields=True):
    """The code that staff gave out, and the password from now on."""

    email: Text
    code: Annotated[Text, msgspec.Meta(description="As it was given out; case, spaces and dashes don't matter.")]
    new_password: NewPassword
