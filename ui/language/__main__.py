"""Keeping the catalogues complete.

python -m ui.language check     # every text is marked, has its translation, and keeps its placeholders
python -m ui.language update    # bring new texts into the catalogues, without translation; drop old ones
"""

import re
import sys
from collections.abc import Iterator

from babel.messages.catalog import Message
from babel.messages.pofile import write_po

from ui.language.catalogue import FOLDER, read_catalogue
from ui.language.source import texts, unmarked

HEADER = r"""msgid ""
msgstr ""
"Language: {language}\n"
"Plural-Forms: {plural}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""
_PLACEHOLDER = re.compile(r"\{(\w+)[^}]*\}")


def faults(language: str) -> Iterator[str]:
    """What the language's catalogue lacks."""
    known = read_catalogue(language)
    for message in texts():
        if not message.id:
            continue
        held = known.get(_id(message), message.context)
        if held is None or held.fuzzy or not all(_forms(held)):
            yield f"no translation: {_id(message)!r}"
        elif any(_names(form) - _names(*_all(message.id)) for form in _forms(held)):
            yield f"unknown placeholder: {_id(message)!r}"
        elif _names(*_all(message.id)) - {"count"} - _names(*_forms(held)):
            yield f"placeholder lost: {_id(message)!r}"


def _id(message: Message) -> str:
    return str(_all(message.id)[0])


def _all(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, list | tuple) else (str(text),)


def _forms(message: Message) -> tuple[str, ...]:
    return _all(message.string or "")


def _names(*texts: str) -> set[str]:
    return {name for text in texts for name in _PLACEHOLDER.findall(text)}


def update(language: str) -> None:
    """Bring the catalogue of a language up to the code; a new text stays empty until somebody translates it."""
    known = read_catalogue(language)
    known.update(texts(), no_fuzzy_matching=True)
    known.obsolete.clear()
    with (FOLDER / f"{language}.po").open("wb") as file:
        file.write(HEADER.format(language=language, plural=known.plural_forms).encode())
        # Neither dates nor places: only what was said changes the file.
        write_po(file, known, width=100, sort_output=True, omit_header=True, no_location=True)


def main() -> int:
    """Check or update each catalogue; the exit code of a check is 1 when a text is missing."""
    languages = sorted(path.stem for path in FOLDER.glob("*.po"))
    if sys.argv[1:] == ["update"]:
        for language in languages:
            update(language)
        return 0
    found = [f"not marked for translation: {place}" for place in unmarked()]
    found += [f"{language}: {fault}" for language in languages for fault in faults(language)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
