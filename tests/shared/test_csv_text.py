"""CSV that no spreadsheet computes."""

import csv
import io

import pytest

from api.shared.csv_text import csv_text, neutral


class TestNeutral:
    @pytest.mark.parametrize(
        ("memo", "expected"),
        [
            ("=1", "'=1"),
            (" =1+1", "' =1+1"),
            ("＝1+1", "'＝1+1"),
            ("﹢1", "'﹢1"),
            ("\u22121", "'\u22121"),
            ("\u00a0=1", "'\u00a0=1"),
            ("\ufeff=1", "'\ufeff=1"),
            ("\u200b=1", "'\u200b=1"),
            ("\u200d\u2060@x", "'\u200d\u2060@x"),
            ("\u3000＝1", "'\u3000＝1"),
            ("\v=1", "'\v=1"),
            ("\f=1", "'\f=1"),
            ("x;=cmd|' /C calc'!A0", "x;'=cmd|' /C calc'!A0"),
            ("x;\u3000=1", "x;'\u3000=1"),
            ("", ""),
            ("-", "'-"),
            ("\r=1", "'\r'=1"),
            ("\tplain", "'\tplain"),
            ('"=1', "'\"'=1"),
            ("''+1", "'''+1"),
            (' " -1', "' \"' -1"),
            ("rent;=1", "rent;'=1"),
            ('a",@x', "a\",'@x"),
            ("two\n=1", "two\n'=1"),
            ("a = b", "a = b"),
            ("me@bank", "me@bank"),
            ("x-1, y+2", "x-1, y+2"),
        ],
    )
    def test_a_formula_gets_an_apostrophe(self, memo: str, expected: str) -> None:
        assert neutral(memo) == expected


class TestCsvText:
    def test_numbers_stay_numbers_and_none_is_empty(self) -> None:
        text = csv_text(["a", "b", "c"], [[-1, None, "-1"], [2, "x,y", 'say "hi"']])
        assert text == 'a,b,c\r\n-1,,\'-1\r\n2,"x,y","say ""hi"""\r\n'
        assert list(csv.reader(io.StringIO(text)))[2] == ["2", "x,y", 'say "hi"']
