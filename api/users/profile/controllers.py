"""`/user/create`, `/user/me`, `/user/update`, `/user/delete`."""

from typing import Any

from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.shared.auth import Principal
from api.shared.problems import problems
from api.users.profile.schemas import CreateUser, DeleteUser, UpdateUser, User
from api.users.profile.service import ProfileService
from api.users.sessions.client_address import client_address


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
        data: JSONBody[DeleteUser],
        principal: NamedDependency[Principal],
        profile_service: NamedDependency[ProfileService],
    ) -> None:
        """Delete the user and close their accounts, which must be empty. Nothing can bring the user back."""
        await profile_service.delete(principal.user_id, principal.token, data.current_password)
