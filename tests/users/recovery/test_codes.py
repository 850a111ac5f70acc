"""Codes that are read out and typed."""

from uuid import uuid4

from api.users.recovery.codes import ALPHABET, code_digest, new_code


class TestNewCode:
    def test_is_120_random_bits(self) -> None:
        codes = {new_code() for _ in range(200)}
        assert len(codes) == 200
        assert set("".join(codes)) == {*ALPHABET, "-"}
        assert {len(code.replace("-", "")) for code in codes} == {24}


class TestCodeDigest:
    def test_case_spaces_dashes_and_lookalikes_do_not_matter(self) -> None:
        user_id = uuid4()
        digest = code_digest(user_id, "01AB-CDEF")
        assert {code_digest(user_id, typed) for typed in ("oIab cdef", "0LAB-CDEF", " 01abcdef ")} == {digest}

    def test_is_the_users_own(self) -> None:
        assert code_digest(uuid4(), "01AB") != code_digest(uuid4(), "01AB")
