"""A few people who wait for staff to look at their identity documents, so that the review page has work."""

import io
import secrets

import httpx
from PIL import Image, ImageDraw, ImageFont

from infra.local.errors import LocalError

APPLICANTS = (
    ("Emil Sommer", "emil.sommer@applicant.example", "+12025550191", "#2f5d62"),
    ("Flora Wells", "flora.wells@applicant.example", "+12025550192", "#7a4b3a"),
    ("Otto Hafen", "otto.hafen@applicant.example", "+12025550193", "#3b4a7a"),
)


def apply(gateway_url: str) -> None:
    """Creates each applicant through the API, as the app would; who is there already is left alone."""
    with httpx.Client(base_url=gateway_url, timeout=20, trust_env=False) as client:
        for name, email, phone, color in APPLICANTS:
            password = secrets.token_urlsafe(18)
            body = {"name": name, "email": email, "phone": phone, "password": password}
            made = client.post("/user/create", json=body)
            if made.status_code == 409 and made.json()["code"] == "email_taken":
                continue
            _check(made)
            signed_in = client.post("/user/login", json={"email": email, "password": password})
            _check(signed_in)
            token = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
            picture = {"photo": ("specimen.jpg", specimen(name, color), "image/jpeg")}
            _check(client.put("/user/photo", files=picture, headers=token))
            _check(client.post("/user/logout", headers=token))


def specimen(name: str, color: str) -> bytes:
    """A drawn identity card (JPEG) that says it is none."""
    image = Image.new("RGB", (860, 540), "#f3efe6")
    draw = ImageDraw.Draw(image)
    large, small = ImageFont.load_default(44), ImageFont.load_default(26)
    draw.rectangle((0, 0, 860, 96), fill=color)
    draw.text((36, 24), "IDENTITY CARD", fill="white", font=large)
    draw.rounded_rectangle((36, 136, 276, 456), 18, fill="#d9d2c3")
    draw.ellipse((106, 190, 206, 290), fill=color)
    draw.pieslice((66, 310, 246, 520), 180, 360, fill=color)
    draw.rectangle((36, 457, 276, 540), fill="#f3efe6")
    for row, (label, value) in enumerate((("Name", name), ("Place", "Tidemark"), ("Valid", "in this demo only"))):
        draw.text((320, 150 + row * 100), label, fill="#8a8374", font=small)
        draw.text((320, 182 + row * 100), value, fill="#23302f", font=large)
    draw.text((560, 490), "SPECIMEN", fill="#b4532a", font=large)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _check(answer: httpx.Response) -> None:
    if answer.status_code >= 400:
        raise LocalError(
            f"The bank refused an applicant of the demo: {answer.json().get('detail', answer.status_code)}"
        )
