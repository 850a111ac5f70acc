"""Money that has lost its last owner is looked for."""

import pytest

from api.accounts.app import create_app
from api.accounts.settings import AccountsSettings
from api.shared.lambda_handler import LambdaHandler
from tests.accounts.world import Person, World, key_source


class TestLookForAbandoned:
    def test_says_that_money_has_no_owner(
        self, world: World, settings: AccountsSettings, ada: Person, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def look() -> bool:
            handler = LambdaHandler(create_app(settings, key_source))
            assert handler({"task": "look_for_abandoned"}, None) == {"is_done": True}
            return "accounts hold money and have no owner: 1" in capsys.readouterr().out

        ada.open(deposit=5)
        before = look()
        world.root.execute("delete from users.present_user where user_id = %s", (ada.user_id,))
        assert (before, look()) == (False, True)
