"""SQL for reset codes, and for the record of what was done to a user's access."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from api.shared.database import AsyncConnection, text

Action = Literal["end_sessions", "issue_code", "reset_password"]

# A newer code replaces an older one. It is good for an hour.
_PUT_CODE = text("""
    insert into users.reset_code as c (user_id, digest, expires_at)
    values (:user_id, :digest, now() + interval '1 hour')
    on conflict (user_id) do update set digest = excluded.digest, expires_at = excluded.expires_at
    returning expires_at
""")
_FIND_CODE = text("""
    select d.user_id, c.digest
    from users.email_digest as d
    left join users.reset_code as c on c.user_id = d.user_id and c.expires_at > now()
    where d.digest = any(:digests)
    limit 1
""")
_USE_CODE = text("""
    delete from users.reset_code
    where user_id = :user_id and digest = :digest and expires_at > now()
    returning user_id
""")
_WHO_ISSUED = text("""
    select staff_id from users.intervention
    where user_id = :user_id and action = 'issue_code'
    order by done_at desc, id desc limit 1
""")
_SET_PASSWORD = text("""
    update users.user set password_hash = :password_hash, password_expires_at = null where id = :user_id
""")
_RECORD = text("""
    insert into users.intervention (user_id, staff_id, action) values (:user_id, :staff_id, :action)
""")


async def put_code(connection: AsyncConnection, user_id: UUID, digest: bytes) -> datetime:
    """Keeps a code's digest in place of any other of this user; until when it is good."""
    expires_at: datetime = await connection.value(_PUT_CODE, {"user_id": user_id, "digest": digest})
    return expires_at


async def find_code(connection: AsyncConnection, digests: Sequence[bytes]) -> tuple[UUID, bytes | None] | None:
    """The user with this email, and the digest of their code if one is good."""
    row = await connection.row(_FIND_CODE, {"digests": list(digests)})
    return None if row is None else (row.user_id, row.digest)


async def use_code(connection: AsyncConnection, user_id: UUID, digest: bytes) -> bool:
    """Takes a code that is good, for this once; False when it is not or no longer."""
    return await connection.row(_USE_CODE, {"user_id": user_id, "digest": digest}) is not None


async def is_code_from_staff(connection: AsyncConnection, user_id: UUID) -> bool:
    """Whether staff gave out the user's newest code, rather than the command line."""
    return await connection.value(_WHO_ISSUED, {"user_id": user_id}) is not None


async def set_password(connection: AsyncConnection, user_id: UUID, password_hash: str) -> None:
    """The password from now on."""
    await connection.execute(_SET_PASSWORD, {"user_id": user_id, "password_hash": password_hash})


async def record(connection: AsyncConnection, user_id: UUID, staff_id: UUID | None, action: Action) -> None:
    """Puts on record who did what; `staff_id` is None for the command line and for the user's own doing."""
    await connection.execute(_RECORD, {"user_id": user_id, "staff_id": staff_id, "action": action})
