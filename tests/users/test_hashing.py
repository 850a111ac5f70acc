"""Hashing: its parameters, its bounds."""

import asyncio
import os
import sys
import threading
import time

import pytest

from api.shared.errors import Unavailable
from api.users.passwords import hashing
from api.users.passwords.hashing import Hasher


@pytest.fixture
def hasher() -> Hasher:
    return Hasher(memory_kib=64, rounds=1, workers=2)


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

    def test_nobodys_password_takes_as_long_as_somebodys(self) -> None:
        hasher = Hasher(memory_kib=8192, rounds=2, workers=1)

        async def measure() -> tuple[float, float]:
            encoded = await hasher.hash("correct horse")
            times: list[list[float]] = [[], []]
            for _ in range(15):
                for place, candidate in enumerate((encoded, None)):
                    started = time.perf_counter()
                    await hasher.matches(candidate, "wrong")
                    times[place].append(time.perf_counter() - started)
            return min(times[0]), min(times[1])

        somebody, nobody = asyncio.run(measure())
        assert nobody == pytest.approx(somebody, rel=0.5)

    def test_a_flood_is_refused_instead_of_queued(self, hasher: Hasher, monkeypatch: pytest.MonkeyPatch) -> None:
        gate = threading.Event()
        monkeypatch.setattr(hasher, "_verify", lambda *_: gate.wait(10))

        async def flood() -> list[object]:
            waiting = [asyncio.create_task(hasher.matches("x", "x")) for _ in range(hashing.LARGEST_QUEUE)]
            await asyncio.sleep(0)
            with pytest.raises(Unavailable):
                await hasher.matches("x", "x")
            gate.set()
            return await asyncio.gather(*waiting)

        assert asyncio.run(flood()) == [True] * hashing.LARGEST_QUEUE
        assert asyncio.run(hasher.matches("x", "x"))

    @pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux")
    def test_hashes_at_low_priority(self, hasher: Hasher, monkeypatch: pytest.MonkeyPatch) -> None:
        def nice() -> int:
            return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

        found: list[int] = []
        monkeypatch.setattr(hasher, "_verify", lambda *_: found.append(nice()))
        before = nice()
        asyncio.run(hasher.matches("x", "x"))
        assert found == [before + hashing.NICENESS]
        assert nice() == before
