"""Sign-ins on the server: renewing tokens, idling out, tickets and handles."""

import threading
from typing import Any

import httpx
import pytest

from ui.clients.errors import ApiError, SessionEnded
from ui.clients.http import Gateway
from ui.clients.users import Token, Welcome
from ui.server.sessions import IDLE_LIMIT_S, TICKET_LIFE_S, SessionStore, SignIn
from ui.server.vault import Vault


class Clock:
    """Time that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bank:
    """Answers refresh and logout; `status` makes it refuse."""

    def __init__(self) -> None:
        self.status = 200
        self.paths: list[str] = []
        self.tokens: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        self.tokens.append(request.headers["Authorization"])
        if self.status != 200:
            return httpx.Response(self.status, json={"code": "x"})
        return httpx.Response(200, json={"access_token": f"token-{len(self.paths)}", "expires_in": 900})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def sign_in(bank: Bank, clock: Clock) -> SignIn:
    welcome = Welcome(Gateway("http://bank", transport=httpx.MockTransport(bank), sleep=lambda _: None))
    return SignIn(welcome, Token("token-0", 900), clock=clock)


class TestAccessToken:
    def test_is_kept_while_it_is_good(self, sign_in: SignIn, bank: Bank, clock: Clock) -> None:
        clock.now += 700
        assert sign_in.access_token() == "token-0"
        assert bank.paths == []

    def test_is_renewed_before_it_runs_out(self, sign_in: SignIn, bank: Bank, clock: Clock) -> None:
        clock.now += 790
        assert sign_in.access_token() == "token-1"
        assert (bank.paths, bank.tokens) == (["/user/refresh"], ["Bearer token-0"])
        clock.now += 700
        assert sign_in.access_token() == "token-1"

    def test_is_renewed_once_for_all_tabs(self, sign_in: SignIn, bank: Bank, clock: Clock) -> None:
        clock.now += 890
        tabs = [threading.Thread(target=sign_in.access_token) for _ in range(8)]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join()
        assert bank.paths == ["/user/refresh"]

    def test_survives_a_bank_out_of_reach_while_it_is_good(
        self, sign_in: SignIn, bank: Bank, clock: Clock
    ) -> None:
        bank.status = 503
        clock.now += 890
        assert sign_in.access_token() == "token-0"
        clock.now += 20
        with pytest.raises(ApiError) as caught:
            sign_in.access_token()
        assert caught.value.status == 503
        assert not sign_in.is_over
        bank.status = 200
        assert sign_in.access_token().startswith("token-")

    def test_ends_when_the_bank_says_so(self, sign_in: SignIn, bank: Bank, clock: Clock) -> None:
        bank.status = 401
        clock.now += 890
        with pytest.raises(SessionEnded):
            sign_in.access_token()
        assert sign_in.is_over
        with pytest.raises(SessionEnded):
            sign_in.access_token()
        assert len(bank.paths) == 1


class TestIdling:
    def test_ends_after_half_an_hour_without_use(self, sign_in: SignIn, clock: Clock) -> None:
        clock.now += IDLE_LIMIT_S - 1
        sign_in.touch()
        clock.now += IDLE_LIMIT_S
        assert not sign_in.is_over
        clock.now += 1
        assert sign_in.is_over
        sign_in.touch()
        assert sign_in.is_over
        with pytest.raises(SessionEnded):
            sign_in.access_token()

    def test_what_the_app_does_by_itself_is_no_use(self, sign_in: SignIn, clock: Clock) -> None:
        for _ in range(6):
            clock.now += IDLE_LIMIT_S / 6
            sign_in.access_token()
        clock.now += 1
        assert sign_in.is_over


class TestEnd:
    def test_tells_the_bank_once(self, sign_in: SignIn, bank: Bank) -> None:
        sign_in.end(tell_the_bank=True)
        sign_in.end(tell_the_bank=True)
        assert (bank.paths, sign_in.is_over) == (["/user/logout"], True)

    def test_is_over_here_even_if_the_bank_is_out_of_reach(self, sign_in: SignIn, bank: Bank) -> None:
        bank.status = 503
        with pytest.raises(ApiError):
            sign_in.end(tell_the_bank=True)
        assert sign_in.is_over

    def test_a_session_that_is_over_already_is_fine(self, sign_in: SignIn, bank: Bank) -> None:
        bank.status = 401
        sign_in.end(tell_the_bank=True)
        assert sign_in.is_over

    def test_shows_no_token(self, sign_in: SignIn) -> None:
        assert "token-0" not in repr(sign_in)


class TestTickets:
    @pytest.fixture
    def store(self, clock: Clock) -> SessionStore:
        return SessionStore(Vault(None), clock=clock)

    def test_buy_one_handle(self, store: SessionStore, sign_in: SignIn) -> None:
        ticket = store.issue_ticket(sign_in)
        assert store.is_waiting(ticket)
        handle = store.trade(ticket)
        assert store.find(handle) is sign_in
        assert not store.is_waiting(ticket)
        assert store.trade(ticket) is None

    def test_go_stale(self, store: SessionStore, sign_in: SignIn, clock: Clock) -> None:
        ticket = store.issue_ticket(sign_in)
        clock.now += TICKET_LIFE_S
        assert not store.is_waiting(ticket)
        assert store.trade(ticket) is None

    @pytest.mark.parametrize("handle", [None, "", "made-up"])
    def test_made_up_handles_find_nothing(self, store: SessionStore, handle: str | None) -> None:
        assert store.find(handle) is None
        assert store.trade("made-up") is None

    def test_nothing_is_worth_anything_after_sign_out(self, store: SessionStore, sign_in: SignIn) -> None:
        handle = store.trade(store.issue_ticket(sign_in))
        waiting = store.issue_ticket(sign_in)
        store.forget(sign_in)
        assert store.find(handle) is None
        assert store.trade(waiting) is None

    def test_an_ended_sign_in_is_not_found_again(self, store: SessionStore, sign_in: SignIn, clock: Clock) -> None:
        handle = store.trade(store.issue_ticket(sign_in))
        waiting = store.issue_ticket(sign_in)
        clock.now += IDLE_LIMIT_S + 1
        assert store.find(handle) is None
        assert store.trade(waiting) is None

    def test_old_ones_do_not_pile_up(self, store: SessionStore, sign_in: SignIn, clock: Clock, bank: Any) -> None:
        store.trade(store.issue_ticket(sign_in))
        store.issue_ticket(sign_in)
        clock.now += IDLE_LIMIT_S + 1
        store.issue_ticket(sign_in)
        assert (len(store._handles), len(store._tickets)) == (0, 1)
