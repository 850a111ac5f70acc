"""`/user/recovery`."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.shared.auth import Principal
from api.shared.problems import problems
from api.shared.roles import Right
from api.users.client_address import client_address
from api.users.recovery.schemas import ResetCode, ResetPassword
from api.users.recovery.service import RecoveryService

STAFF = {"right": Right.RECOVER_USERS}


class RecoveryController(Controller):
    path = "/user/recovery"
    tags = ("recovery",)

    @post(
        operation_id="ResetPassword",
        status_code=204,
        opt={"public": True},
        security=[{}],
        responses=problems(409),
    )
    async def reset(
        self,
        data: JSONBody[ResetPassword],
        request: Request[Any, Any, Any],
        recovery_service: NamedDependency[RecoveryService],
    ) -> None:
        """Set a new password with a code from staff; ends all sessions and program tokens. Then sign in.

        Whatever is wrong with email or code is answered `reset_refused`, and so are too many attempts.
        """
        await recovery_service.reset(data, client_address(request, request.app.state.settings))

    @post(
        "/{user_id:uuid}/sign-out",
        operation_id="SignOutCustomer",
        status_code=204,
        opt=STAFF,
        responses=problems(404),
    )
    async def sign_out(
        self,
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        recovery_service: NamedDependency[RecoveryService],
    ) -> None:
        """Staff: end all sessions and program tokens of a customer. It is recorded.

        Calls that wait are not carried out any more; only what is being written at that moment is completed.
        """
        await recovery_service.end_sessions(principal, user_id)

    @post("/{user_id:uuid}/code", operation_id="IssueResetCode", opt=STAFF, responses=problems(404))
    async def issue_code(
        self,
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        recovery_service: NamedDependency[RecoveryService],
    ) -> Response[ResetCode]:
        """Staff: a code with which the customer sets a new password, once and within an hour. It is recorded.

        Ends all of their sessions and program tokens, and any earlier code. First make sure that it is they.
        """
        code = await recovery_service.issue_code(principal, user_id)
        return Response(code, headers={"Cache-Control": "no-store"})
