"""Money moves: in, out, between accounts, one or many."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, post
from litestar.params import FromPath, JSONBody

from api.accounts.idempotency import Key, idempotency_key
from api.accounts.models import Movement, account_side
from api.accounts.posting import PostingService
from api.accounts.schemas import Deposit, PostedMovement, Transfer, TransferOutcomes, Transfers, Withdrawal
from api.shared.problems import problems
from api.shared.tokens import Claims

# The statement that posts asks whether the session lives, once it holds the accounts: also a round trip less.
ASKS_ITSELF = {"asks_itself": True}


def posting_of(request: Request[Any, Any, Any]) -> PostingService:
    """The application's: to have the framework hand it over as a dependency takes a tenth of its time."""
    return request.app.state.posting


class MoneyController(Controller):
    """Each call is one statement that is its own transaction: it has happened when it is answered."""

    path = "/account"
    tags = ("money",)

    @post(
        "/{account_id:uuid}/deposit",
        operation_id="CreateDeposit",
        opt=ASKS_ITSELF,
        responses=problems(404, 409, 422),
    )
    async def deposit(
        self,
        account_id: FromPath[UUID],
        data: JSONBody[Deposit],
        request: Request[Claims, Any, Any],
        key: Key = None,
    ) -> PostedMovement:
        """Money from outside into the caller's account."""
        movement = Movement(data.source, str(account_id), data.amount, data.memo)
        return await posting_of(request).move(request.user, movement, idempotency_key(request, key, data))

    @post(
        "/{account_id:uuid}/withdraw",
        operation_id="CreateWithdrawal",
        opt=ASKS_ITSELF,
        responses=problems(404, 409, 422),
    )
    async def withdraw(
        self,
        account_id: FromPath[UUID],
        data: JSONBody[Withdrawal],
        request: Request[Claims, Any, Any],
        key: Key = None,
    ) -> PostedMovement:
        """Money from the caller's account to outside."""
        movement = Movement(str(account_id), data.destination, data.amount, data.memo)
        return await posting_of(request).move(request.user, movement, idempotency_key(request, key, data))

    @post("/transfer", operation_id="CreateTransfer", opt=ASKS_ITSELF, responses=problems(404, 409, 422))
    async def transfer(
        self,
        data: JSONBody[Transfer],
        request: Request[Claims, Any, Any],
        key: Key = None,
    ) -> PostedMovement:
        """Money from the caller's account to any account of this bank, by id or number."""
        movement = _movement(data, "")
        return await posting_of(request).move(request.user, movement, idempotency_key(request, key, data))

    @post("/transfers", operation_id="CreateTransfers", opt=ASKS_ITSELF, responses=problems(404, 409, 422))
    async def transfers(
        self,
        data: JSONBody[Transfers],
        request: Request[Claims, Any, Any],
        key: Key = None,
    ) -> TransferOutcomes:
        """Up to 1,000 transfers, judged in their order, each with an outcome.

        `all_or_nothing`: if one is refused, nothing is posted and the answer is 409, with the outcomes as `items`.
        `one_by_one`: what can be posted is.
        """
        movements = [_movement(transfer, f"transfers[{i}].") for i, transfer in enumerate(data.transfers)]
        return await posting_of(request).move_all(
            request.user, movements, data.mode, idempotency_key(request, key, data)
        )


def _movement(transfer: Transfer, prefix: str) -> Movement:
    return Movement(
        account_side(transfer.source, f"{prefix}from"),
        account_side(transfer.destination, f"{prefix}to"),
        transfer.amount,
        transfer.memo,
    )
