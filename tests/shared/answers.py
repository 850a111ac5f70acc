"""What tests read from answers."""

import httpx


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem document, which must be whole."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["type"] == f"urn:tidemark:error:{document['code']}"
    assert document["status"] == answer.status_code
    assert document["title"]
    assert document["detail"]
    return answer.status_code, document["code"]
