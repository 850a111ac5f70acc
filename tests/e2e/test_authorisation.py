"""Who may call what, on every route of every service: nothing is open that this table does not say is open."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from infra.local.services import SERVICES
from tests.e2e.cast import Cast, Things, make_cast, photo_form
from tests.e2e.conftest import FORM, REFUSED_BY_API_GATEWAY, Bank
from tests.e2e.people import PASSWORD, Person

pytestmark = pytest.mark.slow

# What must come back. The stranger is an approved customer and asks for what is the owner's, as do staff and
# analyst; the program has a token of the owner's; the unapproved one asks for what is their own. Rows run from top
# to bottom: what ends something comes last.
HEAD, _, *ROWS = """
                                                   anonymous stranger owner unapproved program staff analyst

GET    /user/health                                      200      200   200        200     200   200     200
GET    /account/health                                   200      200   200        200     200   200     200
GET    /stats/health                                     200      200   200        200     200   200     200
GET    /events/health                                    200      200   200        200     200   200     200
GET    /.well-known/jwks.json                            200      200   200        200     200   200     200
GET    /.well-known/openid-configuration                 200      200   200        200     200   200     200
POST   /user/create                                      201      201   201        201     201   201     201
POST   /user/login                                       200      200   200        200     200   200     200
GET    /account/currencies                               200      200   200        200     200   200     200
POST   /user/recovery                                    409      409   409        409     409   409     409

GET    /user/me                                          401      200   200        200     403   200     200
PUT    /user/update                                      401      200   200        200     403   200     200
POST   /user/refresh                                     401      200   200        200     403   200     200
GET    /user/session                                     401      200   200        200     403   200     200
GET    /user/token                                       401      200   200        200     403   200     200
POST   /user/token                                       401      201   201        201     403   201     201
PUT    /user/photo                                       401      409   409        200     403   200     200
GET    /user/review                                      401      403   403        403     403   200     403
POST   /user/search                                      401      403   403        403     403   200     403
GET    /user/{user_id}                                   401      403   403        403     403   200     403
GET    /user/{user_id}/session                           401      403   403        403     403   200     403
GET    /user/review/{user_id}/photo                      401      403   403        403     403   200     403
POST   /user/review/{user_id}                            401      403   403        403     403   200     403


POST   /account/create                                   401      201   201        201     403   201     201
GET    /account/{account_id}                             401      404   200        200     403   200     404
GET    /account/{account_id}/transactions                401      404   200        200     403   200     404
GET    /account/payee                                    401      200   200        200     403   200     200
PUT    /account/payee                                    401      200   200        200     403   200     200
PUT    /account/{account_id}/nickname                    401      404   200        200     403   404     404
GET    /account/{account_id}/owner                       401      404   200        200     403   200     404
GET    /account/invitation                               401      200   200        200     403   200     200
GET    /account/user/{user_id}                           401      404   200        200     403   200     404
GET    /account/search                                   401      403   403        403     403   200     403
POST   /account/{account_id}/approve                     401      403   403        403     403   200     403
PUT    /account/{account_id}/overdraft                   401      403   403        403     403   200     403
GET    /account/{account_id}/overdraft                   401      403   403        403     403   200     403
POST   /account/user/{user_id}/approve                   401      403   403        403     403   200     403
POST   /account/{account_id}/deposit                     401      404   201        409     403   404     404
POST   /account/{account_id}/withdraw                    401      404   201        409     403   404     404
POST   /account/transfer                                 401      404   201        409     403   404     404
POST   /account/transfers                                401      409   201        409     403   409     409
POST   /account/transaction/{transaction_id}/reverse     401      403   403        403     403   201     403

GET    /stats/status                                     401      200   200        200     200   200     200
GET    /stats/metrics                                    401      200   200        200     200   200     200
GET    /stats/accounts                                   401      200   200        200     200   200     200
GET    /stats/bank                                       401      403   403        403     403   200     200
GET    /stats/pipeline                                   401      403   403        403     403   200     200
GET    /stats/{period}                                   401      404   200        200     200   200     200
GET    /stats/{period}/transactions                      401      404   200        200     200   200     200

GET    /events                                           401      404   200        200     200   200     200

POST   /account/{account_id}/owner                       401      404   201        409     403   201     404
POST   /account/{account_id}/owner/accept                401      404   200        409     403   404     404
DELETE /account/{account_id}/owner/{user_id}             401      404   204        404     403   404     404
DELETE /account/payee/{number}                           401      204   204        204     403   204     204
DELETE /account/{account_id}                             401      404   409        204     403   404     404
DELETE /account/user/{user_id}                           401      404   409        204     403   404     404
POST   /user/recovery/{user_id}/sign-out                 401      403   403        403     403   204     403
POST   /user/recovery/{user_id}/code                     401      403   403        403     403   201     403
DELETE /user/token/{token_id}                            401      404   204        204     403   404     404
DELETE /user/session/{session_id}                        401      404   204        204     403   404     404
POST   /user/logout                                      401      204   204        204     403   204     204
DELETE /user/delete                                      401      204   409        204     403   204     204
""".strip("\n").splitlines()
EXPECTED = {
    f"{method} {path}": dict(zip(HEAD.split(), map(int, statuses), strict=True))
    for method, path, *statuses in map(str.split, filter(None, ROWS))
}
# A valid number of no account.
PAYEE = "4821553906"
CODES = {401: "unauthenticated", 403: "forbidden", 404: "not_found"}
CONFLICTS = {
    "POST /user/recovery": "reset_refused",
    "PUT /user/photo": "photo_not_replaceable",
    "POST /account/{account_id}/deposit": "user_not_approved",
    "POST /account/{account_id}/withdraw": "user_not_approved",
    "POST /account/transfer": "user_not_approved",
    "POST /account/transfers": "not_posted",
    "POST /account/{account_id}/owner": "user_not_approved",
    "POST /account/{account_id}/owner/accept": "user_not_approved",
    "DELETE /account/{account_id}": "balance_not_zero",
    "DELETE /account/user/{user_id}": "balance_not_zero",
    "DELETE /user/delete": "balance_not_zero",
}

# What is done to somebody who is no caller here.
OF_A_FRIEND = {
    "DELETE /account/{account_id}/owner/{user_id}",
    "POST /user/recovery/{user_id}/sign-out",
    "POST /user/recovery/{user_id}/code",
}


@pytest.fixture(scope="module")
def cast(bank: Bank) -> Cast:
    return make_cast(bank)


class TestEveryRoute:
    def test_the_table_has_the_routes_that_the_services_tell_of(self, bank: Bank) -> None:
        # The same as DELETE, for clients that send no body with it; nobody can be deleted a second time here.
        assert sorted([*EXPECTED, "POST /user/delete"]) == sorted(told_routes(bank))

    @pytest.mark.parametrize("route", EXPECTED)
    def test_answers_each_caller_as_the_table_says(self, cast: Cast, route: str) -> None:
        answers = {caller: call(cast, route, caller) for caller in EXPECTED[route]}
        assert {caller: answer.status_code for caller, answer in answers.items()} == EXPECTED[route]
        for caller, answer in answers.items():
            if FORM and caller == "anonymous" and answer.json() == REFUSED_BY_API_GATEWAY:
                continue
            if answer.status_code >= 400:
                code = CONFLICTS[route] if answer.status_code == 409 else CODES[answer.status_code]
                assert answer.json()["code"] == code
                assert answer.headers["content-type"] == "application/problem+json"


def told_routes(bank: Bank) -> list[str]:
    """METHOD /path of each operation in the OpenAPI documents of the running services."""
    return [
        f"{method.upper()} {path}"
        for service in SERVICES.values()
        for path, methods in Person(bank.gateway)
        .done("GET", f"{service.docs_path}/openapi.json", 200)["paths"]
        .items()
        for method in methods
    ]


def call(cast: Cast, route: str, caller: str) -> httpx.Response:
    """A request that would succeed, were the caller the one whom it is for."""
    person, things = cast.callers[caller], cast.things(caller)
    method, path = route.split()
    options = arguments(route, person, things)
    if route in OF_A_FRIEND:
        things = replace(things, user_id=things.friend_id)
    if route == "POST /user/logout" and caller not in ("anonymous", "program"):
        person = replace(person).sign_in()
    return person.call(method, path.format(**vars(things), period="daily", number=PAYEE), **options)


def arguments(route: str, person: Person, things: Things) -> dict[str, Any]:
    """Body and query of a route's request."""
    transfer = {"from": things.account_id, "to": things.other_account_id, "amount": 1}
    today = str(datetime.now(UTC).date())
    bodies: dict[str, Any] = {
        "POST /user/create": {
            "name": "Ada Marsh",
            "email": f"{uuid4().hex[:12]}@example.com",
            "phone": "+12025550123",
            "password": PASSWORD,
        },
        "POST /user/search": {"name": "Ada"},
        "POST /user/login": {"email": person.email, "password": PASSWORD},
        "POST /user/recovery": {"email": person.email, "code": "guess", "new_password": PASSWORD},
        "PUT /user/update": {"current_password": PASSWORD},
        "DELETE /user/delete": {"current_password": PASSWORD},
        "POST /user/token": {"name": "another"},
        "POST /user/review/{user_id}": {"decision": "approve"},
        "PUT /account/{account_id}/overdraft": {"overdraft_limit": 0, "reason": "as agreed"},
        "POST /account/create": {"type": "savings", "currency": "EUR"},
        "PUT /account/{account_id}/nickname": {"nickname": "Holidays"},
        "PUT /account/payee": {"number": PAYEE, "name": "Landlord"},
        "POST /account/{account_id}/deposit": {"amount": 1},
        "POST /account/{account_id}/withdraw": {"amount": 1},
        "POST /account/transfer": transfer,
        "POST /account/transfers": {"mode": "all_or_nothing", "transfers": [transfer]},
        "POST /account/transaction/{transaction_id}/reverse": {},
        "POST /account/{account_id}/owner": {"user_id": things.friend_id},
    }
    queries = {
        "GET /events": {"account_id": things.account_id},
        "GET /stats/{period}": {"account_id": things.account_id},
        "GET /stats/{period}/transactions": {"account_id": things.account_id, "period_start": today},
    }
    if route == "PUT /user/photo":
        return {"files": photo_form()}
    return {"json": bodies.get(route)} if route in bodies else {"params": queries.get(route)}
