"""The catalogue, whose language it is, and the app in German."""

from pathlib import Path
from typing import Any

import altair as alt
import pytest
from babel import Locale
from babel.messages.catalog import Catalog

from tests.ui.conftest import Page, button, texts
from tests.ui.fake_gateway import FakeGateway
from ui.components import charts
from ui.language import _, _n, catalogue, choice, source
from ui.language.__main__ import faults


class TestCatalogue:
    def test_texts_inside_of_f_strings_are_found_too(self) -> None:
        assert source.texts().get("Total in {currency}") is not None

    def test_a_text_without_german_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        code, known = Catalog(), Catalog(locale="de")
        for text in ("Checking", "Savings", "{date} at {time}", "Home"):
            code.add(text)
        code.add(("{count} day", "{count} days"))
        known.add("Checking", "Girokonto {number}")
        known.add("{date} at {time}", "{date}")
        known.add("Home", "Übersicht")
        known.add(("{count} day", "{count} days"), ("ein Tag", ""))
        monkeypatch.setattr("ui.language.__main__.texts", lambda: code)
        monkeypatch.setattr("ui.language.__main__.read_catalogue", lambda _: known)
        assert list(faults("de")) == [
            "unknown placeholder: 'Checking'",
            "no translation: 'Savings'",
            "placeholder lost: '{date} at {time}'",
            "no translation: '{count} day'",
        ]

    def test_a_text_that_nobody_marked_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "main.py").write_text(
            '"""Says hello to everybody who comes."""\n'
            '_("Marked already.")\nlogger.info("Nobody reads this here")\nst.button("Sign out", key="a")\n'
            'st.html("<p class=a>" + _("Yes") + "<b>it is so</b></p>")\n'
        )
        monkeypatch.setattr(source, "SOURCE", tmp_path)
        assert list(source.unmarked()) == ["main.py:4: 'Sign out'", "main.py:5: 'it is so'"]

    def test_words_and_numbers_come_in_their_places(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalogue, "locale", lambda: Locale.parse("de_DE"))
        assert _("Total in {currency}", currency="EUR") == "Summe in EUR"
        assert _n("{count} day", "{count} days", 1) == "1 Tag"
        assert _n("{count} day", "{count} days", 1234, count="1.234") == "1.234 Tage"
        assert _("Of no catalogue {brace") == "Of no catalogue {brace"


class TestCharts:
    def test_axes_are_written_as_the_locale_does_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(charts, "locale", lambda: Locale.parse("de_AT"))
        written = alt.Chart().mark_point().to_dict()["config"]["locale"]
        assert written["number"]["decimal"] == ","
        assert written["time"]["shortMonths"][0] == "Jän"
        assert written["time"]["days"][0] == "Sonntag"


class TestNegotiation:
    @pytest.mark.parametrize(
        ("accepted", "chosen", "found"),
        [
            ("", None, "en_GB"),
            ("de", None, "de_DE"),
            ("de-AT,de;q=0.9,en;q=0.8", None, "de_AT"),
            ("en-US,en;q=0.9,de;q=0.8", None, "en_US"),
            ("en;q=0.5, de-CH;q=0.7", None, "de_CH"),
            ("cs-CZ,cs;q=0.9,en;q=0.3", None, "en_GB"),
            ("fr-FR", None, "en_GB"),
            ("de;q=0,en-IE", None, "en_IE"),
            ("en-US,de-AT;q=0.4", "de", "de_AT"),
            ("en-US", "de", "de_DE"),
            ("de-DE", "en", "en_GB"),
            ("de-DE", "xx", "de_DE"),
            ("*;q=x,,;;-, d-1,../../etc", None, "en_GB"),
        ],
    )
    def test_takes_the_best_that_there_is(self, accepted: str, chosen: str | None, found: str) -> None:
        assert choice.negotiate(accepted, chosen) == found


@pytest.mark.slow
class TestPages:
    def test_speak_german_once_it_is_chosen(
        self, visit: Page, gateway: FakeGateway, ada: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        account = gateway.bank.open_account(ada["user_id"], "checking", "EUR")
        gateway.bank.move("deposit", "external:cash", account["account_id"], 123_450, None)
        page = visit(ada)
        assert "€1,234.50" in texts(page)
        switch: Any = next(item for item in page.get("segmented_control") if item.key == "language_in_menu")
        switch.set_value("de").run()
        assert not page.exception
        said = texts(page)
        for text in ("Girokonto", "1.234,50\u00a0€", "Angemeldet als"):
            assert text in said
        button(page, "Abmelden").click().run()
        assert "Sie sind abgemeldet. Bis bald!" in texts(page)
