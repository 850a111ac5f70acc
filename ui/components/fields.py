"""What is wrong with a form, said under the field that it is about."""

from collections.abc import Mapping

import streamlit as st

from ui.clients.errors import ApiError
from ui.components import problems, refusals
from ui.components.money import number
from ui.components.text import html
from ui.language import _

FORM = ""


class FieldProblems:
    """Places under the fields of one form. A run begins with all of them empty, so no old problem stays."""

    def __init__(self) -> None:
        self._places: dict[str, st.delta_generator.DeltaGenerator] = {}
        self.found = False

    def place(self, field: str = FORM) -> None:
        """Below the field just drawn; without a name, for what is about the form as a whole."""
        self._places[field] = st.empty()

    def say(self, field: str, text: str) -> None:
        """Plain text under the field."""
        self.found = True
        place = self._places[field if field in self._places else FORM]
        place.html(f'<p class="tm-problem" role="alert">{html(text)}</p>')

    def say_all(self, texts: Mapping[str, str]) -> None:
        """One text under each field."""
        for field, text in texts.items():
            self.say(field, text)

    def limit(self, field: str, text: str, most: int) -> None:
        """Under the field, when its text has more than `most` characters.

        Not by the widget's own limit: what is pasted past it is dropped without a word.
        """
        if len(text) > most:
            said = _(
                "At most {most} characters, and this has {count}.", most=number(most), count=number(len(text))
            )
            self.say(field, said)

    def refused(self, error: ApiError) -> None:
        """A refusal of the bank: under the fields that it names, else as a whole."""
        self.found = True
        named = [item for item in error.errors if item.field in self._places]
        for item in named:
            self.say(item.field, refusals.sentence(item))
        if not named:
            with self._places[FORM].container():
                problems.show(error)
