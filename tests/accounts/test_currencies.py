"""Facts for callers: currencies as ISO 4217 has them, and the limits of what calls take."""

import pytest

from tests.accounts.world import Person, World


class TestListCurrencies:
    def test_needs_no_token_and_may_be_kept(self, world: World) -> None:
        answer = world.client.get("/account/currencies")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=3600"

    @pytest.mark.parametrize(
        ("code", "minor_units"),
        [
            ("EUR", 2),
            ("JPY", 0),
            ("KWD", 3),
            ("RSD", 2),
            ("IQD", 3),
            ("ALL", 2),
            ("LBP", 2),
            ("AFN", 2),
            ("CLF", 4),
        ],
    )
    def test_minor_units_are_those_of_iso(self, world: World, code: str, minor_units: int) -> None:
        items = {item["code"]: item for item in world.client.get("/account/currencies").json()["items"]}
        assert items[code]["minor_units"] == minor_units
        assert items[code]["is_active"]

    def test_withdrawn_ones_are_known_but_not_offered(self, world: World) -> None:
        items = {item["code"]: item for item in world.client.get("/account/currencies").json()["items"]}
        assert [items[code]["minor_units"] for code in ("DEM", "HRK", "AYM", "ITL", "ROL")] == [2, 2, 2, 0, 0]
        assert not items["DEM"]["is_active"]
        assert not items["DEM"]["is_offered"]
        assert "XAU" not in items

    def test_what_is_offered_comes_first_and_can_be_opened(self, world: World, ada: Person) -> None:
        facts = world.client.get("/account/currencies").json()
        offered = [item["code"] for item in facts["items"] if item["is_offered"]]
        assert [item["code"] for item in facts["items"]][: len(offered)] == offered
        assert offered[:2] == ["EUR", "USD"]
        for type_ in facts["account_types"]:
            ada.done("POST", "/account/create", 201, json={"type": type_, "currency": offered[-1]})
        assert ada.refused("POST", "/account/create", json={"type": "savings", "currency": "XPF"}) == (
            409,
            "value_refused",
        )

    def test_limits_are_those_of_the_calls(self, world: World, ada: Person) -> None:
        facts = world.client.get("/account/currencies").json()
        path = f"/account/{ada.open()['account_id']}/deposit"
        memo = "x" * facts["memo_max_characters"]
        ada.done("POST", path, 201, json={"amount": facts["amount_min_minor"], "memo": memo})
        assert ada.refused("POST", path, json={"amount": 1, "memo": memo + "x"}) == (400, "invalid_request")
        for amount in (facts["amount_min_minor"] - 1, facts["amount_max_minor"] + 1):
            assert ada.refused("POST", path, json={"amount": amount}) == (400, "invalid_request")
