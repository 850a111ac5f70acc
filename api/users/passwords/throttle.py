"""Slows guessing down: after some free failures each further one blocks its bucket for twice as long as before.

A bucket is a keyed digest of an account, of a source address, or of both together. An attempt is counted before
the password is looked at, so that many at once do not slip through, and taken back when it was right.

A stranger cannot lock an owner out for good: attempts while a bucket is blocked count nothing, and the block that
a whole account can get is short. Where an owner has signed in before, their attempts count in one bucket alone and
no others do. Who guesses from that very address (an office, a carrier) shares it, and nothing tells the two apart
before the password is looked at: so its block comes late, and until then only the hashing slows guesses down.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.shared.database import AsyncConnection, text

logger = logging.getLogger("tidemark.attempts")


@dataclass(frozen=True)
class Rule:
    """`free` failures cost nothing; the next ones block for 1, 2, 4 … seconds, at most `longest_s`.

    `name` is what the log calls it.
    """

    name: str
    free: int
    longest_s: int


PAIR = Rule("account and source", free=5, longest_s=900)
ACCOUNT = Rule("account", free=20, longest_s=60)
SOURCE = Rule("source", free=100, longest_s=60)
SIGN_UPS = Rule("sign-ups of a source", free=50, longest_s=60)
KNOWN = Rule("known source", free=3_000, longest_s=60)
CONFIRMATION = Rule("confirmation", free=5, longest_s=300)

Bucket = tuple[bytes, Rule]

# Failures older than a day are forgotten.
_FAILURES = "case when t.last_at < now() - interval '1 day' then 1 else t.failures + 1 end"
# Takes every bucket in the order of the keys, new ones too, in one go: had those that are there been locked before
# new ones are added, two attempts that share both kinds could wait for each other.
_TAKE = text("""
    insert into users.throttle as t (bucket, failures, blocked_until, last_at)
    select a.bucket, 0, clock_timestamp(), clock_timestamp()
    from unnest(cast(:buckets as bytea[])) as a (bucket)
    order by a.bucket
    on conflict (bucket) do update set failures = t.failures
    returning t.bucket, t.blocked_until > clock_timestamp() as is_blocked
""")
_COUNT = text(f"""
    update users.throttle as t
    set failures = {_FAILURES},
        blocked_until = clock_timestamp() + make_interval(secs => case
            when {_FAILURES} > a.free then least(a.longest_s, power(2, least({_FAILURES} - a.free - 1, 20)))
            else 0
        end),
        last_at = clock_timestamp()
    from unnest(cast(:buckets as bytea[]), cast(:free as integer[]), cast(:longest_s as integer[]))
        as a (bucket, free, longest_s)
    where t.bucket = a.bucket and :is_free
""")
_TAKE_BACK = text("""
    update users.throttle
    set failures = greatest(failures - 1, 0), blocked_until = least(blocked_until, clock_timestamp())
    where bucket = :bucket
""")
_FORGET = text("delete from users.throttle where bucket = :bucket")
_PURGE = text("""
    with old as (
        delete from users.throttle where bucket in (
            select bucket from users.throttle where last_at < now() - interval '2 days'
            limit :most for update skip locked
        ) returning 1
    )
    select count(*) from old
""")


async def count_attempt(connection: AsyncConnection, buckets: Sequence[Bucket]) -> bool:
    """Counts an attempt in every bucket, or in none and says False when one is blocked.

    Whatever the answer, the work is the same: the same two statements, with something to commit.
    """
    keys = [bucket for bucket, _ in buckets]
    taken = await connection.rows(_TAKE, {"buckets": keys})
    blocked = {bytes(row.bucket) for row in taken if row.is_blocked}
    values = {
        "buckets": keys,
        "free": [rule.free for _, rule in buckets],
        "longest_s": [rule.longest_s for _, rule in buckets],
        "is_free": not blocked,
    }
    await connection.execute(_COUNT, values)
    for bucket, rule in buckets:
        if bucket in blocked:
            logger.info("too many attempts", extra={"fields": {"limit": rule.name}})
            return False
    return True


async def take_back(connection: AsyncConnection, buckets: Iterable[Bucket]) -> None:
    """The attempt was right: it counts nothing."""
    for bucket, _ in _in_order(buckets):
        await connection.execute(_TAKE_BACK, {"bucket": bucket})


async def forget(connection: AsyncConnection, buckets: Iterable[Bucket]) -> None:
    """The attempt was right, and earlier failures no longer matter, but those of a source, who may be many."""
    for bucket, rule in _in_order(buckets):
        await connection.execute(_TAKE_BACK if rule is SOURCE else _FORGET, {"bucket": bucket})


def _in_order(buckets: Iterable[Bucket]) -> list[Bucket]:
    """One order everywhere, so that no two attempts wait for each other."""
    return sorted(buckets, key=lambda bucket: bucket[0])


async def purge(connection: AsyncConnection, most: int = 20) -> int:
    """Removes some buckets that nobody tried for two days; how many."""
    return int(await connection.value(_PURGE, {"most": most}))
