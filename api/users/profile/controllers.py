"""`/user/create`, `/user/me`, `/user/update`, `/user/delete`."""

from typing import Any

from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.shared.auth import Principal
from api.shared.problems import problems
from api.users.client_address import client_address
from api.users.errors import PasswordRequired
from api.users.profile.deletion import Deletion
from api.users.profile.schemas import CreateUser, DeleteUser, UpdateUser, User
from api.users.profile.service import ProfileService


class ProfileController(Controller):
    path = "/user"
    tags = ("user",)

    @post("/create", operation_id="CreateUser", opt={"public": True}, security=[{}], responses=problems(409, 429))
    async def create(
        self,
        data: JSONBody[CreateUser],
        request: Request[Any, Any, Any],
        profile_service: NamedDependency[ProfileService],
    ) -> User:
        """Create a user, who is not approved yet."""
        address = client_address(request, request.app.state.settings)
        return await profile_service.create(
            name=data.name, email=data.email, phone=data.phone, password=data.password, address=address
        )

    @get("/me", operation_id="GetMe", responses=problems())
    async def me(
        self, principal: NamedDependency[Principal], profile_service: NamedDependency[ProfileService]
    ) -> User:
        """The signed-in user."""
        return await profile_service.me(principal.user_id)

    @put("/update", operation_id="UpdateUser", responses=problems(409, 429))
    async def update(
        self,
        data: JSONBody[UpdateUser],
        principal: NamedDependency[Principal],
        profile_service: NamedDependency[ProfileService],
    ) -> User:
        """Change what is given; a new email or password ends all other sessions and program tokens."""
        return await profile_service.update(principal.user_id, principal.session_id, data)

    @delete("/delete", operation_id="DeleteUser", responses=problems(409, 429))
    async def delete_user(
        self,
        principal: NamedDependency[Principal],
        deletion: NamedDependency[Deletion],
        data: JSONBody[DeleteUser | None] = None,
    ) -> None:
        """Delete the user and close their accounts, which must be empty. Nothing can bring the user back.

        It takes the current password in its body, or `POST /user/delete` does, for clients whose DELETE has none.
        """
        await _delete(principal, deletion, data)

    @post("/delete", operation_id="DeleteUserByPost", status_code=204, responses=problems(409, 429))
    async def delete_user_by_post(
        self,
        principal: NamedDependency[Principal],
        deletion: NamedDependency[Deletion],
        data: JSONBody[DeleteUser | None] = None,
    ) -> None:
        """As `DELETE /user/delete`, for clients that can't send a body with DELETE."""
        await _delete(principal, deletion, data)


async def _delete(principal: Principal, deletion: Deletion, data: DeleteUser | None) -> None:
    if data is None:
        raise PasswordRequired(
            'A user is deleted with {"current_password": "…"} as the body of the call. '
            "If DELETE can't carry one, use POST /user/delete."
        )
    await deletion.delete(principal, data.current_password)
