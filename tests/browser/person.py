"""Somebody who uses the app as people do: by what it says on the screen."""

import re
from dataclasses import dataclass, field
from uuid import uuid4

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

PASSWORD = "correct horse battery staple"
PATIENCE_MS = 20_000
# The page asks for these at its own address first and then at the app's: a 404 is how it finds out.
EXPECTED = re.compile(r"/_stcore/(health|host-config)$")


@dataclass
class Person:
    """A person, their page, and what the browser complained about meanwhile."""

    page: Page
    app: str
    email: str = field(default_factory=lambda: f"{uuid4().hex[:12]}@example.com")
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not EXPECTED.search(message.location.get("url", "")):
            self.complaints.append(f"{message.text} {message.location}")

    # finding things

    def button(self, name: str) -> Locator:
        """By its label; the key that presses it too may stand behind."""
        label = re.compile(rf"^{re.escape(name)}( Shortcut \w+)?$")
        return self.page.get_by_test_id("stMain").get_by_role("button", name=label)

    def says(self, text: str | re.Pattern[str], *, timeout_ms: int = PATIENCE_MS) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=timeout_ms)

    def sees(self, fact: str) -> None:
        """Among the facts of the page."""
        expect(self.page.locator(".tm-facts").get_by_text(fact, exact=True)).to_be_visible()

    def settled(self) -> None:
        """Once the server has drawn all that it has to draw, and the browser shows it."""
        # What was just done may not have reached the server yet.
        self.page.wait_for_timeout(80)
        expect(self.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        expect(self.page.locator("[data-stale=true]")).to_have_count(0)

    def fill(self, label: str, text: str) -> None:
        field_ = self.page.get_by_test_id("stMain").get_by_label(label, exact=True)
        field_.fill(text)
        field_.press("Tab")

    def choose(self, label: str, option: str | re.Pattern[str]) -> None:
        self.page.get_by_test_id("stMain").get_by_role("combobox", name=re.compile(label)).click()
        self.page.get_by_role("option", name=option).first.click()

    def switch(self, name: str) -> None:
        self.page.get_by_test_id("stMain").get_by_role("radio", name=name, exact=True).click()

    def go(self, name: str) -> None:
        """By the menu; on a phone it has to be opened first."""
        menu = self.page.get_by_test_id("stSidebarNav")
        opener = self.page.get_by_test_id("stExpandSidebarButton")
        expect(menu.or_(opener).filter(visible=True).first).to_be_visible()
        if not menu.is_visible():
            opener.click()
        menu.get_by_role("link", name=name, exact=True).click()
        expect(self.page.locator(".tm-head h1")).to_be_visible()

    # doing things

    def open_app(self, path: str = "/") -> "Person":
        self.page.goto(self.app + path)
        return self

    def sign_up(self, name: str, photo: bytes) -> None:
        self.open_app()
        self.switch("Create a user")
        # The other form has fields of the same name, until the page has run again.
        expect(self.button("Sign in")).to_have_count(0)
        self.fill("Full name", name)
        self.fill("Email", self.email)
        self.fill("Mobile number", "+12025550123")
        self.fill("Password", PASSWORD)
        self.button("Create my user").click()
        expect(self.page.locator(".tm-head h1")).to_have_text("Confirm who you are")
        self.page.locator("input[type=file]").set_input_files(
            {"name": "passport.jpg", "mimeType": "image/jpeg", "buffer": photo}
        )
        self.button("Send this photo").click()
        self.says("We have your photo")

    def sign_in(self, password: str = PASSWORD) -> None:
        self.open_app()
        self.fill("Email", self.email)
        self.fill("Password", password)
        with self.page.expect_response(lambda answer: answer.url.endswith("/session")) as kept:
            self.button("Sign in").click()
        assert kept.value.status == 204
        expect(self.page.locator(".tm-head h1")).to_be_visible()

    def sign_out(self) -> None:
        with self.page.expect_response(lambda answer: answer.request.method == "DELETE") as dropped:
            self.page.get_by_test_id("stSidebar").get_by_role("button", name="Sign out").click()
        assert dropped.value.status == 204
        self.says("You are signed out")

    def open_account(self, kind: str) -> None:
        self.go("Open an account")
        self.switch(kind)
        self.button("Open the account").dblclick()
        self.says("Your account is open.")

    def pay_in(self, amount: str) -> None:
        self.go("Move money")
        self.switch("Pay in")
        self.says("How does it come in?")
        self.choose("To account", re.compile("^Checking"))
        self.fill("Amount in EUR", amount)
        self.button("Review").click()
        self.confirm()

    def put_aside(self, amount: str, memo: str) -> None:
        """From checking to savings, right after another movement."""
        self.button("Move more money").click()
        self.switch("Transfer")
        self.choose("From account", re.compile("^Checking"))
        self.fill("Amount in EUR", amount)
        self.fill("Memo (optional)", memo)
        self.button("Review").click()
        self.confirm()

    def confirm(self) -> None:
        """As impatient people do."""
        self.says("Is this right?")
        self.button("Confirm").dblclick()
        self.says("Done")
