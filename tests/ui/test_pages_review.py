"""Staff compare photos with names, and decide."""

from typing import Any

import pytest
from babel import Locale

from tests.ui.conftest import Page, button, texts
from tests.ui.fake_gateway import FakeGateway
from tests.ui.test_pages_people import PIXEL, person
from ui.language import catalogue

pytestmark = pytest.mark.slow

User = dict[str, Any]
NASTY = "Petra <img src=x onerror=alert(1)> **N** $x$"


@pytest.fixture
def staff(gateway: FakeGateway) -> User:
    return person(gateway, "Sam Staff", approved=True, roles=("staff",))


@pytest.fixture
def waiting(gateway: FakeGateway) -> User:
    user = person(gateway, NASTY)
    user["photo_status"] = "pending"
    gateway.bank.photos[user["user_id"]] = PIXEL
    return user


class TestReview:
    def test_shows_photo_and_words_as_text(self, visit: Page, staff: User, waiting: User) -> None:
        said = texts(visit(staff, "review"))
        assert 'src="data:image/png;base64,' in said
        assert "<img src=x" not in said
        assert "Petra &lt;img" in said

    def test_approving(self, visit: Page, staff: User, waiting: User) -> None:
        page = visit(staff, "review")
        button(page, "Approve").click().run()
        assert not waiting["approved"]
        button(page, "Yes, approve").click().run()
        assert waiting["approved"]
        assert "is approved" in texts(page)
        button(page, "Back to the list").click().run()
        assert "Nobody is waiting" in texts(page)

    def test_rejecting_needs_a_reason(self, visit: Page, staff: User, waiting: User) -> None:
        page = visit(staff, "review")
        button(page, "Reject").click().run()
        assert not [item for item in page.button if item.label == "Yes, reject"]
        page.selectbox(key=f"reason_{waiting['user_id']}").set_value("The document has expired.").run()
        button(page, "Yes, reject").click().run()
        assert (waiting["photo_status"], waiting["photo_reason"]) == ("rejected", "The document has expired.")

    def test_a_reason_in_own_words(self, visit: Page, staff: User, waiting: User) -> None:
        page = visit(staff, "review")
        button(page, "Reject").click().run()
        page.selectbox(key=f"reason_{waiting['user_id']}").set_value("Something else").run()
        page.text_area(key=f"words_{waiting['user_id']}").set_value("Show the whole page.").run()
        button(page, "Yes, reject").click().run()
        assert waiting["photo_reason"] == "Show the whole page."

    def test_an_empty_queue_says_so(self, visit: Page, staff: User) -> None:
        assert "Nobody is waiting" in texts(visit(staff, "review"))

    def test_is_not_there_for_others(self, visit: Page, gateway: FakeGateway, ada: User) -> None:
        page = visit(ada, "review")
        assert page.error[0].value == "Your role does not include reviewing customers."
        assert not gateway.calls_to("/user/review")

    def test_a_reason_is_kept_in_the_words_of_the_code_whatever_staff_read(
        self, visit: Page, staff: User, waiting: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(catalogue, "locale", lambda: Locale("de"))
        page = visit(staff, "review")
        button(page, "Ablehnen").click().run()
        page.selectbox(key=f"reason_{waiting['user_id']}").set_value("The document has expired.").run()
        assert "Der Ausweis ist abgelaufen." in texts(page)
        button(page, "Ja, ablehnen").click().run()
        assert waiting["photo_reason"] == "The document has expired."
