"""Adds many users at once, as the demo town needs."""

import asyncio
from uuid import UUID

import msgspec

from api.shared.errors import ValueRefused
from api.users.errors import EmailTaken
from api.users.profile.personal import Personal
from api.users.profile.service import ProfileService
from api.users.validation import normal_email, normal_name, normal_phone

AT_ONCE = 8


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """One line of the input. Without a password the user exists but cannot sign in."""

    name: str
    email: str
    phone: str
    password: str | None = None
    approved: bool = False
    roles: list[str] = msgspec.field(default_factory=list)


class AddedUser(msgspec.Struct):
    """One line of the output."""

    email: str
    user_id: UUID


async def add_users(profile: ProfileService, lines: bytes) -> list[AddedUser]:
    """Adds a user per JSON line, or finds who is there already. All lines are checked before the first is added;
    of several with one email the first counts.

    Raises ValueRefused naming the line.
    """
    new: list[tuple[NewUser, Personal]] = []
    for number, line in enumerate(lines.splitlines(), 1):
        if line.strip():
            new.append(_read(number, line))
    first = {personal.email: (user, personal) for user, personal in reversed(new)}
    places = asyncio.Semaphore(AT_ONCE)

    async def add(user: NewUser, personal: Personal) -> UUID:
        async with places:
            return await _add_or_find(profile, user, personal)

    ids = dict(zip(first, await asyncio.gather(*(add(*line) for line in first.values())), strict=True))
    return [AddedUser(user.email, ids[personal.email]) for user, personal in new]


def _read(number: int, line: bytes) -> tuple[NewUser, Personal]:
    try:
        user = msgspec.json.decode(line, type=NewUser)
        return user, Personal(normal_name(user.name), normal_email(user.email), normal_phone(user.phone))
    except msgspec.DecodeError as error:
        raise ValueRefused(f"line {number}", str(error)) from error
    except ValueRefused as error:
        raise ValueRefused(f"line {number}", error.detail) from error


async def _add_or_find(profile: ProfileService, user: NewUser, personal: Personal) -> UUID:
    found = await profile.find(personal.email)
    if found is not None:
        return found
    try:
        return await profile.add(personal, user.password, approved=user.approved, roles=user.roles)
    except EmailTaken:
        # Somebody else was faster.
        found = await profile.find(personal.email)
        if found is None:
            raise
        return found
