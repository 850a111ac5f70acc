"""A bank and its model side by side, and how the rules choose among people, accounts and movements."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
from hypothesis.stateful import RuleBasedStateMachine

from tests.accounts.bank_answers import Asked, assert_moved
from tests.accounts.bank_model import BankModel, ModelAccount, ModelOutcome, ModelTransfer, Wish
from tests.accounts.world import Person, World

DAILY_LIMIT = 1_000_000


class BankAndModel(RuleBasedStateMachine):
    """`asked` are the calls with a key, `touched` the accounts that the last step moved money of."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        world = self.world
        self.model = BankModel(DAILY_LIMIT)
        self.people = [world.person(), world.person(), world.person(approved=False)]
        self.staff = world.person(roles=["staff"])
        self.model.approved_users = {str(person.user_id) for person in self.people[:2]}
        self.asked: list[Asked] = []
        self.touched: list[ModelAccount] = []

    def _move(self, person: Person, path: str, body: dict[str, Any], wish: Wish, keyed: bool) -> None:
        outcome = self.model.post(str(person.user_id), wish)
        assert_moved(self._ask(person, path, body, keyed, [outcome]), outcome)

    def _ask(
        self, person: Person, path: str, body: dict[str, Any], keyed: bool, outcomes: Sequence[ModelOutcome]
    ) -> httpx.Response:
        key = uuid4().hex
        answer = person.call("POST", path, json=body, headers={"Idempotency-Key": key} if keyed else {})
        if keyed:
            self.asked.append(Asked(person, path, body, key, answer, outcomes))
        for outcome in outcomes:
            if outcome.transfer:
                sides = (outcome.transfer.source, outcome.transfer.destination)
                self.touched += [self.model.accounts[side] for side in sides if side in self.model.accounts]
        return answer

    def _caller(self, who: int, side: str) -> Person:
        account = self.model.account(side)
        if who > 7 or account is None:
            return self.people[who % len(self.people)]
        owner = account.owners[who % len(account.owners)]
        return next(person for person in self.people if str(person.user_id) == owner)

    def _pick(self, which: int) -> ModelAccount:
        there = list(self.model.accounts.values())
        return there[which % len(there)]

    def _pick_line(self, which: int) -> tuple[ModelTransfer, str]:
        lines = [
            (account, number, line)
            for account in self.model.accounts.values()
            for number, line in enumerate(account.lines, start=1)
        ]
        account, number, line = lines[which % len(lines)]
        query = "select id::text from accounts.transaction where account_id = %s and sequence = %s"
        return line.transfer, self.world.value(query, account.account_id, number)

    def _wish(self, person: Person, source: int, destination: int, amount: int, memo: str, way: str) -> Wish:
        """Mostly from an account of theirs to another one."""
        there = list(self.model.accounts.values())
        own = [account for account in there if str(person.user_id) in account.owners]
        payer = self._pick(source) if way == "from anybody" or not own else own[source % len(own)]
        others = [account for account in there if account is not payer]
        payee = payer if way == "to itself" else others[destination % len(others)]
        if way == "number":
            return Wish(payer.number, payee.number, amount, memo)
        return Wish(payer.account_id, str(uuid4()) if way == "to nobody" else payee.account_id, amount, memo)
