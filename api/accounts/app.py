"""The accounts service as an ASGI application."""

from functools import partial

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from api.accounts.controllers.accounts import AccountController
from api.accounts.controllers.currencies import CurrencyController
from api.accounts.controllers.money import MoneyController
from api.accounts.controllers.staff import StaffController
from api.accounts.errors import REFUSALS
from api.accounts.names.controllers import NameController
from api.accounts.names.service import NameService
from api.accounts.owners.controllers import OwnerController
from api.accounts.owners.service import OwnerService
from api.accounts.posting import PostingService
from api.accounts.service import AccountService
from api.accounts.settings import AccountsSettings
from api.accounts.statement.controllers import StatementController
from api.accounts.statement.service import StatementService
from api.accounts.users_client import UsersClient
from api.shared.app import make_app
from api.shared.tasks import Task, keep_doing
from api.shared.tokens import KeySource


def _accounts(state: State) -> AccountService:
    return state.accounts


def _owners(state: State) -> OwnerService:
    return state.owners


def _statements(state: State) -> StatementService:
    return state.statements


def _names(state: State) -> NameService:
    return state.names


def create_app(settings: AccountsSettings | None = None, key_source: KeySource | None = None) -> Litestar:
    """The application; settings come from the environment unless given, public keys through the gateway.

    Raises SettingsError.
    """
    settings = settings or AccountsSettings.read()
    accounts = AccountService(settings, UsersClient(settings.gateway_url))
    app = make_app(
        name="accounts",
        path="account",
        settings=settings,
        controllers=[
            CurrencyController,
            AccountController,
            MoneyController,
            StatementController,
            NameController,
            OwnerController,
            StaffController,
        ],
        dependencies={
            "account_service": Provide(_accounts, sync_to_thread=False),
            "owner_service": Provide(_owners, sync_to_thread=False),
            "statement_service": Provide(_statements, sync_to_thread=False),
            "name_service": Provide(_names, sync_to_thread=False),
        },
        state={
            "accounts": accounts,
            "owners": OwnerService(settings, accounts),
            "statements": StatementService(accounts),
            "names": NameService(accounts),
        },
        key_source=key_source,
        refusals=REFUSALS,
        enums={"CreateAccount.currency": settings.currencies.split(",")},
    )
    app.state.posting = PostingService(settings, app.state.engine)
    keep_doing(
        app,
        {
            "forget_requests": Task(app.state.posting.forget_requests, every_s=3600),
            "look_for_abandoned": Task(
                partial(app.state.owners.look_for_abandoned, app.state.engine), every_s=86_400
            ),
        },
    )
    return app
