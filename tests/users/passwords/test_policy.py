"""Which passwords are acceptable."""

import pytest

from api.shared.errors import ValueRefused
from api.users.passwords.policy import check_password

ABOUT = ("Ada Marsh-Lind", "ada.marsh@harbour-mail.example", "+12025550123")


class TestCheckPassword:
    @pytest.mark.parametrize(
        "password",
        [
            "correct horse battery staple",
            "my dog ate 3 of them",
            "Tr0ub4dor&3-again",
            "x7#Kp2!mQz9$",
            "пароль на каждый день",
            "四面楚歌に陥った一人の男の話",
            "ada likes long walks",
            "tidemark of a spring flood",
        ],
    )
    def test_accepts(self, password: str) -> None:
        check_password(password, ABOUT)

    @pytest.mark.parametrize(
        ("password", "reason"),
        [
            ("", "12 to 256"),
            ("eleven char", "12 to 256"),
            ("x1y2" * 65, "12 to 256"),
            ("aaaaaaaaaaaaaaaa", "repeats"),
            ("abababababab", "repeats"),
            ("abcabcabcabcab", "repeats"),
            ("xy12zxy12zxy12z", "repeats"),
            ("qwertyuiop12", "row of the keyboard"),
            ("QWERTYuiop[]", "row of the keyboard"),
            ("1234567890abc", "row of the keyboard"),
            ("zyxwvutsrqponm", "row of the keyboard"),
            ("1qaz2wsx3edc", "row of the keyboard"),
            ("poiuytrewq!!", "row of the keyboard"),
            ("password1234", "tried first"),
            ("Passwordpassword", "tried first"),
            ("P@ssw0rd2026!", "tried first"),
            ("administrator", "tried first"),
            ("christopher2026", "tried first"),
            ("123456liverpool", "tried first"),
            ("adamarsh2026", "your name"),
            ("ADA.MARSH@harbour-mail.example", "your name"),
            ("+12025550123!!", "your name"),
            ("tidemark-2026", "your name"),
            ("marsh-lind-ada-1", "your name"),
        ],
    )
    def test_refuses_and_says_why(self, password: str, reason: str) -> None:
        with pytest.raises(ValueRefused) as refused:
            check_password(password, ABOUT, field="new_password")
        assert reason in refused.value.detail
        assert refused.value.errors == [
            {"field": "new_password", "message": refused.value.detail.removeprefix("new_password: ")}
        ]

    def test_other_forms_of_the_same_characters_count_alike(self) -> None:
        with pytest.raises(ValueRefused):
            check_password("ｐａｓｓｗｏｒｄ１２３４", ())
