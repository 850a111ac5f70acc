"""Reads statements, whole or what somebody looks for in them."""

from typing import Annotated
from uuid import UUID

import msgspec

from api.accounts.schemas import Account, Transaction
from api.accounts.service import AccountService
from api.accounts.statement import repository
from api.accounts.statement.models import Filter, TimeRange
from api.shared.auth import Principal
from api.shared.database import AsyncConnection
from api.shared.pages import Page, decode_cursor, encode_cursor, page_of

SEQUENCE_MAX = 2**63 - 1
Sequence = Annotated[int, msgspec.Meta(ge=1, le=SEQUENCE_MAX)]
# What one call looks at for a filter, which no index serves: some tens of milliseconds.
LOOKED_AT_MAX = 10_000


class StatementService:
    """What is not the caller's is NotFound, as if it did not exist; staff see every account."""

    def __init__(self, accounts: AccountService) -> None:
        self._accounts = accounts

    async def page(
        self,
        connection: AsyncConnection,
        principal: Principal,
        account_id: UUID,
        range_: TimeRange,
        wanted: Filter,
        limit: int,
        cursor: str | None,
    ) -> tuple[Account, Page[Transaction]]:
        """The account, and one page, newest first. Rows added meanwhile belong before the first page, never in a
        later one. A page of what a filter lets through may be short, or empty, and still have a next one."""
        account = await self._accounts.get(connection, principal, account_id)
        (before,) = decode_cursor(cursor, tuple[Sequence]) or (SEQUENCE_MAX,)
        if not wanted.is_open:
            page = await self._search(connection, principal, account_id, range_, wanted, limit, before)
            return account, page
        rows = await repository.statement(
            connection, account_id, user_id=principal.user_id, range_=range_, before=before, limit=limit + 1
        )
        return account, page_of([Transaction(**row._asdict()) for row in rows], limit, _key)

    async def _search(
        self,
        connection: AsyncConnection,
        principal: Principal,
        account_id: UUID,
        range_: TimeRange,
        wanted: Filter,
        limit: int,
        before: int,
    ) -> Page[Transaction]:
        first, last = await repository.window(connection, account_id, range_, before)
        bottom = max(first, last - LOOKED_AT_MAX)
        rows = await repository.filtered(
            connection, account_id, wanted, user_id=principal.user_id, first=bottom, last=last, limit=limit + 1
        )
        page = page_of([Transaction(**row._asdict()) for row in rows], limit, _key)
        if page.next_cursor is None and bottom > first:
            page.next_cursor = encode_cursor(bottom + 1)
        return page


def _key(line: Transaction) -> tuple[int]:
    return (line.sequence,)
