"""Query parameters have one form."""

from uuid import UUID

from litestar import Litestar
from litestar.testing import TestClient

from tests.odd_parameters import odd_parameters
from tests.users.people import Person


class TestEveryParameter:
    def test_is_written_in_one_way(self, client: TestClient[Litestar], staff: Person) -> None:
        odd = odd_parameters(client.get("/user/docs/openapi.json").json())
        assert {path for path, _, _ in odd} >= {"/user/session", "/user/token", "/user/review"}
        person_id = staff.user_id
        for path, name, value in odd:
            answer = staff.call("GET", path.format(user_id=person_id), params={name: value})
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, name), (path, value)


class TestIds:
    def test_what_is_no_id_is_documented_as_not_found(self, client: TestClient[Litestar]) -> None:
        paths = client.get("/user/docs/openapi.json").json()["paths"]
        of_something = [operation for path in paths if "{" in path for operation in paths[path].values()]
        assert of_something
        assert all("404" in operation["responses"] for operation in of_something)

    def test_are_written_in_one_way(self, person: Person) -> None:
        """One thing has one address."""
        session_id = UUID(person.call("GET", "/user/session").json()["items"][0]["session_id"])
        for odd in (session_id.hex, f"{{{session_id}}}", f"urn:uuid:{session_id}"):
            assert person.call("DELETE", f"/user/session/{odd}").status_code == 404
        assert person.call("DELETE", f"/user/session/{str(session_id).upper()}").status_code == 204
