"""What a user is found by, beside their email: phone and the words of their name, as keyed digests.

A name's words are compared whole, without case and accents, so that "Zoe Muller" finds Zoë Müller.
"""

import unicodedata

from api.users.crypto.index import IndexKeys
from api.users.profile.personal import Personal

WORDS_MAX = 12


def name_words(name: str) -> list[str]:
    """The distinct words of a name in the form in which they are compared, at most 12."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return list(dict.fromkeys(bare.replace("-", " ").casefold().split()))[:WORDS_MAX]


def term_digests(keys: IndexKeys, personal: Personal) -> list[tuple[str, bytes]]:
    """(id of the key, digest) of all that finds the person, under each key in use."""
    terms = [("phone", personal.phone), *(("name", word) for word in name_words(personal.name))]
    return [item for kind, value in terms for item in keys.digests(kind, value).items()]
