"""Addresses: of a page that somebody's menu has not, of no page, and of a form at the way in."""

from typing import Any

import pytest

from tests.ui.conftest import Page, button, texts
from tests.ui.fake_gateway import FakeGateway

pytestmark = pytest.mark.slow

User = dict[str, Any]


class TestOutsideTheMenu:
    """Streamlit would say that "no corresponding file was found", in English."""

    @pytest.mark.parametrize("page", ["review", "people", "lookup", "bank", "pipeline"])
    def test_a_page_of_the_desk_says_whose_it_is(
        self, visit: Page, gateway: FakeGateway, ada: User, page: str
    ) -> None:
        gateway.bank.publish()
        assert "Your role does not include" in visit(ada, page).error[0].value

    def test_the_photo_of_somebody_approved(self, visit: Page, ada: User) -> None:
        page = visit(ada, "identity")
        assert page.success[0].value == "You are approved. Money can move."

    def test_only_what_is_theirs_stands_in_the_bar_of_pages(self, visit: Page, ada: User) -> None:
        labels = [link.proto.label for link in visit(ada).page_link if "account=" not in link.proto.query_string]
        assert labels[:2] == ["Home", "Move money"]
        assert not {"Review", "Pipeline", "Confirm who you are", "Nothing here"} & set(labels)


class TestNoPage:
    def test_says_so_and_leads_home(self, visit: Page, ada: User) -> None:
        page = visit(ada, "lost")
        assert "There is no page at this address" in texts(page)
        button(page, "Home").click().run()
        assert "Hello, Ada" in texts(page)


class TestWayIn:
    def test_the_address_has_the_form_that_was_chosen(self, visit: Page) -> None:
        page = visit()
        assert page.text_input(key="sign_in_email")
        door: Any = next(item for item in page.get("segmented_control") if item.key == "door")
        door.set_value("create").run()
        assert page.query_params["new"] == "user"
        assert page.text_input(key="create_name")
        door = next(item for item in page.get("segmented_control") if item.key == "door")
        door.set_value("sign_in").run()
        assert "new" not in page.query_params
