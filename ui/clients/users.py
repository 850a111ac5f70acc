"""The users service: identity, sessions, the government photo, and staff's review of it."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ui.clients.http import Gateway, Page, TokenSource


class User(msgspec.Struct, frozen=True):
    """A user as they see themself; `photo_status` is missing, pending, approved or rejected.

    `rights` are what their roles let them do. The app asks for a right, never for a role: which role gives what is
    the services' to say.
    """

    user_id: str
    name: str
    email: str
    phone: str
    approved: bool
    photo_status: str
    created_at: datetime
    photo_reason: str | None = None
    roles: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()

    @property
    def works_here(self) -> bool:
        """Whether they are one of the bank's people."""
        return bool(self.rights)

    @property
    def reviews(self) -> bool:
        """Whether they decide about photos."""
        return "review_identities" in self.rights

    @property
    def reads_users(self) -> bool:
        """Whether they may find and see anybody."""
        return "read_users" in self.rights

    @property
    def recovers_users(self) -> bool:
        """Whether they may end anybody's sessions and issue reset codes."""
        return "recover_users" in self.rights

    @property
    def acts_on_accounts(self) -> bool:
        """Whether they may approve accounts, set overdrafts and reverse movements."""
        return "act_on_accounts" in self.rights

    @property
    def reads_accounts(self) -> bool:
        """Whether they may find and see anybody's account."""
        return "read_accounts" in self.rights

    @property
    def reads_statistics(self) -> bool:
        """Whether they may read the statistics of any account."""
        return "read_statistics" in self.rights


class Token(msgspec.Struct, frozen=True):
    """An access token and how many seconds it is good for."""

    access_token: str
    expires_in: float


class Session(msgspec.Struct, frozen=True):
    """A place where the person is signed in; `current` is this one."""

    session_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


class ProgramToken(msgspec.Struct, frozen=True):
    """A program's token; `access_token` is there only in the answer that made it."""

    token_id: str
    name: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    access_token: str = ""


class ReviewItem(msgspec.Struct, frozen=True):
    """Someone who waits for staff's review."""

    user_id: str
    name: str
    email: str
    phone: str
    photo_status: str
    submitted_at: datetime | None = None


class Person(msgspec.Struct, frozen=True):
    """A user as staff see them."""

    user_id: str
    name: str
    email: str
    phone: str
    approved: bool
    photo_status: str
    created_at: datetime
    roles: tuple[str, ...] = ()


class PastDecision(msgspec.Struct, frozen=True):
    """A review of a user's photo: approve or reject, and why."""

    decision: str
    decided_by: str
    decided_at: datetime
    reason: str | None = None


class PersonRecord(Person, frozen=True, kw_only=True):
    """The same with the reviews of their photos, newest first."""

    decisions: tuple[PastDecision, ...] = ()


class OpenSession(msgspec.Struct, frozen=True):
    """Where somebody is signed in."""

    session_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class ResetCode(msgspec.Struct, frozen=True):
    """A code with which a user sets a new password, once."""

    code: str
    expires_at: datetime


class Welcome:
    """The calls that need no sign-in, and those that keep one alive and end it.

    `headers` tell from which browser a call comes, so that attempts are throttled by visitor.
    """

    def __init__(self, gateway: Gateway, *, headers: Mapping[str, str] | None = None) -> None:
        self._gateway = gateway
        self._headers = headers

    def create(self, *, name: str, email: str, phone: str, password: str) -> User:
        """Create a user, not approved yet. 400 names the fields refused, 409 an address already in use."""
        body = {"name": name, "email": email, "phone": phone, "password": password}
        return self._gateway.call(User, "POST", "/user/create", body=body, headers=self._headers)

    def login(self, *, email: str, password: str) -> Token:
        """Sign in; 401 for every way in which the credentials can be wrong."""
        body = {"email": email, "password": password}
        return self._gateway.call(Token, "POST", "/user/login", body=body, headers=self._headers)

    def reset(self, *, email: str, code: str, password: str) -> None:
        """Set a new password with a code from staff; 409 `reset_refused` whatever is wrong with the two."""
        body = {"email": email, "code": code, "new_password": password}
        self._gateway.request("POST", "/user/recovery", body=body, headers=self._headers)

    def refresh(self, token: str) -> Token:
        """A new token for a session that is alive; 401 when it is not."""
        return self._gateway.call(Token, "POST", "/user/refresh", token=token)

    def logout(self, token: str) -> None:
        """End the session everywhere."""
        self._gateway.request("POST", "/user/logout", token=token)


class UsersClient:
    """The users service for someone signed in."""

    def __init__(self, gateway: Gateway, token: TokenSource) -> None:
        self._gateway = gateway
        self._token = token

    def me(self) -> User:
        """The signed-in user."""
        return self._gateway.call(User, "GET", "/user/me", token=self._token())

    def update(self, **changes: str) -> User:
        """Change name, email, phone or `new_password`; all but the name need `current_password`."""
        return self._gateway.call(User, "PUT", "/user/update", token=self._token(), body=changes)

    def delete(self, password: str) -> None:
        """Delete the user for good; 409 `balance_not_zero` names the accounts that stand in the way."""
        body = {"current_password": password}
        self._gateway.request("POST", "/user/delete", token=self._token(), body=body)

    def sessions(self) -> list[Session]:
        """Where the person is signed in, newest first."""
        return list(self._gateway.pages(Session, "/user/session", token=self._token()))

    def end_session(self, session_id: str) -> None:
        """End one of them; 404 when it is over already."""
        self._gateway.request("DELETE", f"/user/session/{session_id}", token=self._token())

    def tokens(self) -> list[ProgramToken]:
        """The tokens of the person's programs, newest first."""
        return list(self._gateway.pages(ProgramToken, "/user/token", token=self._token()))

    def create_token(self, name: str, days: int) -> ProgramToken:
        """A token with which a program reads the person's statistics for so many days."""
        body = {"name": name, "expires_in_days": days}
        return self._gateway.call(ProgramToken, "POST", "/user/token", token=self._token(), body=body)

    def revoke_token(self, token_id: str) -> None:
        """End a program's token at once."""
        self._gateway.request("DELETE", f"/user/token/{token_id}", token=self._token())

    def put_photo(self, name: str, content: bytes, media_type: str) -> None:
        """Send the government photo; 413 when over 4 MiB, 400 when it is not a picture of a kind taken."""
        self._gateway.request(
            "PUT", "/user/photo", token=self._token(), files={"photo": (name, content, media_type)}
        )

    def review_queue(self) -> list[ReviewItem]:
        """Staff: everyone who waits, longest first."""
        return list(self._gateway.pages(ReviewItem, "/user/review", token=self._token()))

    def review_photo(self, user_id: str) -> bytes:
        """Staff: the photo of one user, as an image file."""
        return self._gateway.request("GET", f"/user/review/{user_id}/photo", token=self._token())

    def decide(self, user_id: str, *, approve: bool, reason: str | None) -> None:
        """Staff: approve or reject; a rejection needs a reason, which the user gets to read."""
        body: dict[str, str] = {"decision": "approve" if approve else "reject"}
        if reason:
            body["reason"] = reason
        self._gateway.request("POST", f"/user/review/{user_id}", token=self._token(), body=body)

    def find(self, *, name: str | None = None, email: str | None = None, phone: str | None = None) -> list[Person]:
        """Staff: at most 50 users by one of the three; a name's words in any order. 409 for what can't be one."""
        asked = {"name": name, "email": email, "phone": phone}
        body = {key: value for key, value in asked.items() if value is not None}
        # In the body: an address ends in logs.
        return self._gateway.call(Page[Person], "POST", "/user/search", token=self._token(), body=body).items

    def person(self, user_id: str) -> PersonRecord:
        """Staff: one user; 404 when there is none."""
        return self._gateway.call(PersonRecord, "GET", f"/user/{user_id}", token=self._token())

    def sessions_of(self, user_id: str) -> list[OpenSession]:
        """Staff: where a user is signed in, newest first."""
        return list(self._gateway.pages(OpenSession, f"/user/{user_id}/session", token=self._token()))

    def sign_out(self, user_id: str) -> None:
        """Staff: end all sessions and program tokens of a user."""
        self._gateway.request("POST", f"/user/recovery/{user_id}/sign-out", token=self._token())

    def issue_reset_code(self, user_id: str) -> ResetCode:
        """Staff: a code for a new password; ends all sessions of the user, and any earlier code."""
        return self._gateway.call(ResetCode, "POST", f"/user/recovery/{user_id}/code", token=self._token())
