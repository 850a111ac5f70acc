"""Who joins the staff: by the command line, or on AWS by whoever may call the function."""

import secrets

from api.shared.errors import InvalidParameter
from api.shared.roles import ROLES
from api.users.passwords.policy import check_password
from api.users.profile.personal import Personal
from api.users.services import Services
from api.users.validation import normal_email, normal_name

GENERATED_PASSWORD_BYTES = 15
GENERATED_PASSWORD_HOURS = 24


async def add_staff(services: Services, email: str, name: str, role: str, password: str | None) -> str | None:
    """Add a member of staff with this role, or give it to the user with this email.

    Gives the password where one was made up, for a new member without one. Raises TidemarkError.
    """
    if role not in ROLES:
        raise InvalidParameter("role", f"There are: {', '.join(ROLES)}.")
    found = await services.profile.find(email)
    if found is not None:
        await services.profile.grant_roles(found, [role])
        return None
    made = None if password is not None else secrets.token_urlsafe(GENERATED_PASSWORD_BYTES)
    personal = Personal(normal_name(name), normal_email(email), "")
    check_password(password or made or "", (personal.name, personal.email))
    hours = GENERATED_PASSWORD_HOURS if made else None
    await services.profile.add(personal, password or made, approved=True, roles=[role], password_hours=hours)
    return made
