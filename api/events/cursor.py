"""Where a reader is: what a cursor holds. It is bound to its user, and tells nothing that they could not ask.

Other lists' cursors are bound to their filters too. This one is good for any: it says how far somebody has read.
"""

import base64
from itertools import accumulate, pairwise
from typing import Annotated, Self
from uuid import UUID

import msgspec

from api.shared.pages import InvalidCursor

Count = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
NIL = UUID(int=0)


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """A snapshot of Postgres (pg_snapshot), by distances: xmin, from there to xmax, and between those in progress.

    Written out it takes up to twenty digits for each transaction that was writing.
    """

    xmin: Annotated[int, msgspec.Meta(ge=1, lt=2**62)]
    span: Count
    in_progress: list[Count]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of Postgres' own text, `xmin:xmax:id,id,…`."""
        xmin, xmax, ids = text.split(":")
        places = [int(xmin), *map(int, filter(None, ids.split(",")))]
        return cls(int(xmin), int(xmax) - int(xmin), [after - before for before, after in pairwise(places)])

    def text(self) -> str:
        """As Postgres takes it. Raises InvalidCursor where it is none."""
        ids = list(accumulate(self.in_progress, initial=self.xmin))[1:]
        xmax = self.xmin + self.span
        # No transaction has an id whose lower half is zero.
        if any(number >= xmax for number in ids) or not (self.xmin % 2**32 and xmax % 2**32):
            raise InvalidCursor()
        return f"{self.xmin}:{xmax}:{','.join(map(str, ids))}"


class Place(msgspec.Struct, frozen=True, array_like=True):
    """The last event of a page among those of accounts: `ordinal` 0 is the movement of that sequence."""

    account_id: UUID = NIL
    sequence: Count = 0
    ordinal: Count = 0


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """How far a user has read.

    Accounts' events come in batches: what `until` shows and `since` did not. Whatever commits late is in a later
    batch. `until` is there while a batch is not finished, with the `place` in it. `decided` and `published` number
    the last decision on the user and the last publication.
    """

    user_id: UUID
    since: Snapshot | None = None
    until: Snapshot | None = None
    place: Place = Place()
    decided: Count = 0
    published: Count = 0

    def write(self) -> str:
        """As the reader gets it."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def read_cursor(text: str | None, user_id: UUID) -> Cursor:
    """The user's cursor, or the beginning. Raises InvalidCursor for what is none or somebody else's."""
    if text is None:
        return Cursor(user_id)
    try:
        cursor = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
    except ValueError as error:
        raise InvalidCursor() from error
    if cursor.user_id != user_id:
        raise InvalidCursor()
    return cursor
