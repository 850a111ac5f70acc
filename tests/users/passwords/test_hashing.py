"""Hashing: its parameters, its bounds."""

import asyncio
import os
import sys
import threading
from types import SimpleNamespace

import pytest
from argon2 import extract_parameters

from api.shared.errors import Unavailable
from api.users.passwords import hashing
from api.users.passwords.hashing import Hasher


@pytest.fixture
def hasher() -> Hasher:
    return Hasher(memory_kib=64, rounds=1, workers=2, percent=100)


class TestHasher:
    def test_hashes_with_argon2id_and_its_own_salt(self, hasher: Hasher) -> None:
        async def both() -> list[str]:
            return [await hasher.hash("correct horse"), await hasher.hash("correct horse")]

        first, second = asyncio.run(both())
        assert first.startswith("$argon2id$v=19$m=64,t=1,p=1$")
        assert first != second

    def test_matches_the_same_characters_in_any_unicode_form(self, hasher: Hasher) -> None:
        async def check() -> list[bool]:
            encoded = await hasher.hash("Café Zürich 12")
            return [
                await hasher.matches(encoded, password)
                for password in ("Café Zürich 12", "Cafe\u0301 Zu\u0308rich 12", "café zürich 12", "")
            ]

        assert asyncio.run(check()) == [True, True, False, False]

    @pytest.mark.parametrize("encoded", [None, "", "junk", "$argon2id$v=19$m=64,t=1,p=1$junk$junk"])
    def test_nobodys_password_never_matches(self, hasher: Hasher, encoded: str | None) -> None:
        assert asyncio.run(hasher.matches(encoded, "x")) is False

    def test_nobodys_hash_costs_what_somebodys_does(self) -> None:
        """What decides how long argon2 takes: its kind, memory, rounds and lanes, the sizes of salt and hash."""
        hasher = Hasher(memory_kib=128, rounds=2, workers=1, percent=100)
        somebodys = extract_parameters(asyncio.run(hasher.hash("correct horse")))
        assert extract_parameters(hasher._nobody) == somebodys
        assert (somebodys.memory_cost, somebodys.time_cost) == (128, 2)

    def test_a_flood_is_refused_instead_of_queued(self, hasher: Hasher, monkeypatch: pytest.MonkeyPatch) -> None:
        gate = threading.Event()
        monkeypatch.setattr(hasher, "_verify", lambda *_: gate.wait(10))

        async def flood() -> list[object]:
            waiting = [asyncio.create_task(hasher.matches("x", "x")) for _ in range(hashing.QUEUE_MAX)]
            await asyncio.sleep(0)
            with pytest.raises(Unavailable):
                await hasher.matches("x", "x")
            gate.set()
            return await asyncio.gather(*waiting)

        assert asyncio.run(flood()) == [True] * hashing.QUEUE_MAX
        assert asyncio.run(hasher.matches("x", "x"))

    def test_a_worker_rests_as_long_as_it_worked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now, rests = [100.0], list[float]()

        def sleep(seconds: float) -> None:
            rests.append(seconds)
            now[0] += seconds

        def work(*_: str) -> bool:
            now[0] += 0.25
            return True

        clock = SimpleNamespace(monotonic=lambda: now[0], thread_time=lambda: now[0], sleep=sleep)
        monkeypatch.setattr(hashing, "time", clock)
        hasher = Hasher(memory_kib=64, rounds=1, workers=1, percent=50)
        monkeypatch.setattr(hasher, "_verify", work)
        for _ in range(2):
            asyncio.run(hasher.matches("x", "x"))
        now[0] += 1
        asyncio.run(hasher.matches("x", "x"))
        assert rests == [0, 0.25, 0]

    @pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux")
    def test_hashes_at_low_priority(self, hasher: Hasher, monkeypatch: pytest.MonkeyPatch) -> None:
        def nice() -> int:
            return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

        found: list[int] = []
        monkeypatch.setattr(hasher, "_verify", lambda *_: found.append(nice()))
        before = nice()
        asyncio.run(hasher.matches("x", "x"))
        assert found == [max(before, hashing.NICENESS)]
        assert nice() == before
