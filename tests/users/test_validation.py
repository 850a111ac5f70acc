"""One form for each email, phone and name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.shared.errors import ValueRefused
from api.users.validation import normal_email, normal_name, normal_phone


class TestNormalEmail:
    @pytest.mark.parametrize(
        ("sent", "expected"),
        [
            ("Ada@Example.COM", "ada@example.com"),
            (" ada@example.com\n", "ada@example.com"),
            ("ADA+tag@example.com", "ada+tag@example.com"),
            ("ａｄａ@example.com", "ada@example.com"),
            ("Jose\u0301@example.com", "josé@example.com"),
            ("İ@example.com", "i\u0307@example.com"),
            ("ﬁ@example.com", "fi@example.com"),
            ("a@BÜCHER.de", "a@xn--bcher-kva.de"),
            ("a@xn--bcher-kva.de", "a@xn--bcher-kva.de"),
        ],
    )
    def test_gives_one_form(self, sent: str, expected: str) -> None:
        assert normal_email(sent) == expected

    @pytest.mark.parametrize(
        "sent",
        [
            "",
            "a",
            "@",
            "a@",
            "@b.de",
            "a b@c.de",
            "a@b",
            "a@b..de",
            "a@-b.de",
            "a@[127.0.0.1]",
            "a\0@b.de",
            "a@b.de\0",
        ],
    )
    def test_refuses(self, sent: str) -> None:
        with pytest.raises(ValueRefused) as refused:
            normal_email(sent)
        assert refused.value.detail == "email: this is not an email address"

    @given(st.emails())
    def test_is_the_same_after_itself_and_in_capitals(self, email: str) -> None:
        try:
            normal = normal_email(email)
        except ValueRefused:
            return
        assert normal_email(normal) == normal
        assert normal_email(email.upper()) == normal


class TestNormalPhone:
    @pytest.mark.parametrize(
        ("sent", "expected"),
        [
            ("+49 151 12345678", "+4915112345678"),
            ("+1 (202) 555-0123", "+12025550123"),
            ("+４９ 151 12345678", "+4915112345678"),
            ("+44 020 7946 0958", "+442079460958"),
        ],
    )
    def test_gives_e164(self, sent: str, expected: str) -> None:
        assert normal_phone(sent) == expected

    @pytest.mark.parametrize(
        "sent", ["", "+", "110", "015112345678", "+999 123", "+1 202 555 01234 5", "abc", "+49\0"]
    )
    def test_refuses(self, sent: str) -> None:
        with pytest.raises(ValueRefused, match="value_refused"):
            normal_phone(sent)


class TestNormalName:
    @given(st.text(max_size=300))
    def test_is_the_same_after_itself(self, name: str) -> None:
        try:
            normal = normal_name(name)
        except ValueRefused:
            return
        assert normal_name(normal) == normal
        assert normal == normal.strip()
        assert 1 <= len(normal) <= 200

    @pytest.mark.parametrize(
        "name", ["O’Neill", "Nguyễn Thị Minh Khai", "محمد", "毛泽东", "Ngô\u200c", "X Æ A-12", "Ó"]
    )
    def test_takes_names_of_all_the_world(self, name: str) -> None:
        assert normal_name(name)
