"""Facts that callers need before they can ask for anything, the same for everyone."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.accounts.schemas import Currencies
from api.accounts.service import AccountService
from api.shared.problems import problems

CACHED = {"Cache-Control": "public, max-age=3600"}


class CurrencyController(Controller):
    path = "/account/currencies"
    tags = ("facts",)
    opt = {"public": True}  # noqa: RUF012 - the framework's way to say it
    security = ({},)

    @get(operation_id="ListCurrencies", sync_to_thread=False, responses=problems())
    def currencies(self, account_service: NamedDependency[AccountService]) -> Response[Currencies]:
        """Currencies with their ISO 4217 minor units, account types, and the limits of amounts and memos."""
        return Response(account_service.currencies(), headers=CACHED)
