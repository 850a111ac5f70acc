"""Money moves: what callers ask is one call of the database's posting function, its outcomes their answers."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from api.accounts import repository
from api.accounts.errors import REFUSALS, IdempotencyConflict, NothingPosted, refusal
from api.accounts.models import IdempotencyKey, Mode, Movement, Outcome
from api.accounts.schemas import PostedMovement, PostedTransfer, RefusedTransfer, TransferOutcomes
from api.accounts.settings import AccountsSettings
from api.shared.auth import ENDED, Principal, while_signed_in
from api.shared.database import AsyncEngine
from api.shared.errors import NotFound, Unauthenticated
from api.shared.tokens import Claims

_OUTCOMES = msgspec.json.Decoder(list[Outcome])


class PostingService:
    """Each call of a customer is one statement and one transaction."""

    def __init__(self, settings: AccountsSettings, engine: AsyncEngine) -> None:
        self._engine = engine
        self._daily_limit_minor = settings.daily_limit_minor

    async def move(self, caller: Claims, movement: Movement, key: IdempotencyKey | None) -> PostedMovement:
        """Posts one movement.

        Raises Unauthenticated when the caller's session has ended by the time the accounts are locked, what
        `refusal` makes of the movement's code, IdempotencyConflict.
        """
        outcomes = await self._post(caller, [movement], Mode.ONE_BY_ONE, key)
        return _only(outcomes)

    async def move_all(
        self,
        caller: Claims,
        movements: Sequence[Movement],
        mode: Mode,
        key: IdempotencyKey | None,
    ) -> TransferOutcomes:
        """Posts several, each with its outcome in the order given.

        Raises as `move`, and NothingPosted when `mode` is all or nothing and one was refused.
        """
        outcomes = await self._post(caller, movements, mode, key)
        items = [
            RefusedTransfer(outcome.code, REFUSALS[outcome.code])
            if outcome.code
            else msgspec.convert(outcome, PostedTransfer, from_attributes=True)
            for outcome in outcomes
        ]
        if mode is Mode.ALL_OR_NOTHING and any(outcome.code for outcome in outcomes):
            raise NothingPosted(items=items)
        return TransferOutcomes(items)

    async def forget_requests(self) -> None:
        """Forgets the keys of requests that were answered over a week ago."""
        while await repository.forget_requests(self._engine):
            pass

    async def reverse(
        self,
        principal: Principal,
        transaction_id: UUID,
        memo: str,
        key: IdempotencyKey | None,
    ) -> PostedMovement:
        """Posts the transaction's transfer the other way round, once. Raises as `move`.

        A refusal is committed before it is raised: it is kept under its key.
        """
        async with while_signed_in(self._engine, principal) as connection:
            answer = await repository.reverse(
                connection, user_id=principal.user_id, key=key, transaction_id=transaction_id, memo=memo
            )
        return _only(_outcomes(*answer))

    async def _post(
        self,
        caller: Claims,
        movements: Sequence[Movement],
        mode: Mode,
        key: IdempotencyKey | None,
    ) -> list[Outcome]:
        answer = await repository.post(
            self._engine,
            caller=caller,
            key=key,
            mode=mode,
            movements=movements,
            daily_limit_minor=self._daily_limit_minor,
        )
        return _outcomes(*answer)


def _outcomes(outcome: str, answer: str) -> list[Outcome]:
    if outcome == "session_ended":
        raise Unauthenticated(ENDED)
    if outcome == "conflict":
        raise IdempotencyConflict()
    if outcome == "not_found":
        raise NotFound()
    return _OUTCOMES.decode(answer)


def _only(outcomes: list[Outcome]) -> PostedMovement:
    (outcome,) = outcomes
    if outcome.code:
        raise refusal(outcome.code)
    return msgspec.convert(outcome, PostedMovement, from_attributes=True)
