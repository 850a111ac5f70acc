"""Roles of people who work at the bank, and what each may do. A new role is a line of ROLES, and nothing else."""

from collections.abc import Iterable
from enum import StrEnum


class Right(StrEnum):
    """Something that only some roles may do; a route asks for one (`opt={"right": Right.…}`)."""

    REVIEW_IDENTITIES = "review_identities"
    READ_USERS = "read_users"
    READ_ACCOUNTS = "read_accounts"
    ACT_ON_ACCOUNTS = "act_on_accounts"
    READ_STATISTICS = "read_statistics"
    RECOVER_USERS = "recover_users"


ROLES: dict[str, frozenset[Right]] = {
    "staff": frozenset(Right),
    "analyst": frozenset({Right.READ_STATISTICS}),
}


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    """All that somebody with these roles may do; a role that is not known gives none."""
    return frozenset(right for role in roles for right in ROLES.get(role, ()))
