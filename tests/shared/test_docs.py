"""The OpenAPI document and its page."""

from litestar import Litestar
from litestar.testing import TestClient


class TestDocs:
    def test_docs_load_nothing_from_elsewhere(self, client: TestClient[Litestar]) -> None:
        page = client.get("/thing/docs")
        assert page.status_code == 200
        assert "http://" not in page.text
        assert "https://" not in page.text
        for name in ("swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-ui.css"):
            assert f"/thing/docs/assets/{name}" in page.text
            assert client.get(f"/thing/docs/assets/{name}").status_code == 200
        for name in ("index.html", "../docs.py", "..%2Fdocs.py", "%2e%2e"):
            assert client.get(f"/thing/docs/assets/{name}").status_code == 404

    def test_the_openapi_document(self, client: TestClient[Litestar]) -> None:
        document = client.get("/thing/docs/openapi.json").json()
        assert document["info"]["title"] == "Tidemark things"
        assert "/thing/docs" not in document["paths"]
        responses = document["paths"]["/thing/open"]["post"]["responses"]
        assert set(responses["400"]["content"]) == {"application/problem+json"}

    def test_it_says_all_that_a_call_takes_and_gives(self, client: TestClient[Litestar]) -> None:
        document = client.get("/thing/docs/openapi.json").json()
        posting = document["components"]["schemas"]["Posting"]
        assert posting["additionalProperties"] is False
        assert document["components"]["schemas"]["Inner"]["additionalProperties"] is False
        parameters = {p["name"]: p["schema"] for p in document["paths"]["/thing/page"]["get"]["parameters"]}
        assert parameters["cursor"]["type"] == "string"
        assert (parameters["limit"]["minimum"], parameters["limit"]["maximum"]) == (1, 1000)
        responses = document["paths"]["/thing/open"]["post"]["responses"]
        assert {"406", "415"} <= set(responses)
        assert "WWW-Authenticate" in responses["401"]["headers"]
        assert "X-Request-ID" in responses["201"]["headers"]

    def test_every_code_is_in_its_table(self, client: TestClient[Litestar]) -> None:
        about = client.get("/thing/docs/openapi.json").json()["info"]["description"]
        for code in ("| `invalid_request` | 400 |", "| `invalid_cursor` | 409 |", "| `unavailable` | 503 |"):
            assert code in about
        assert "email_taken" not in about
