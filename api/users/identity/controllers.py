"""`/user/photo` and `/user/review`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from api.shared.auth import Principal
from api.shared.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from api.shared.problems import problems
from api.shared.roles import Right
from api.users.identity.photo_service import PhotoService
from api.users.identity.review_service import ReviewService
from api.users.identity.schemas import Decision, PhotoState, Reviewed, ReviewItem
from api.users.identity.upload import REQUEST_MAX_BYTES, PhotoOperation, read_photo

# A photo of a person's papers is for the eyes of the reviewer who asked, and is nothing but a picture.
PHOTO_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Disposition": "inline; filename=photo.jpg",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


SubmittedAt = Annotated[datetime, msgspec.Meta(tz=True)]


class PhotoController(Controller):
    path = "/user/photo"
    tags = ("photo",)

    @put(
        operation_id="PutPhoto",
        operation_class=PhotoOperation,
        request_max_body_size=REQUEST_MAX_BYTES,
        responses=problems(409),
    )
    async def put_photo(
        self,
        request: Request[Principal, Any, Any],
        principal: NamedDependency[Principal],
        photo_service: NamedDependency[PhotoService],
    ) -> PhotoState:
        """Send the photo of an identity document, for staff to review."""
        return await photo_service.submit(principal.user_id, principal.session_id, await read_photo(request))


class ReviewController(Controller):
    path = "/user/review"
    tags = ("review",)
    opt = {"right": Right.REVIEW_IDENTITIES}  # noqa: RUF012 - as the base class declares it

    @get(operation_id="ListReviews", responses=problems())
    async def list_reviews(
        self, review_service: NamedDependency[ReviewService], limit: Limit = 50, cursor: Cursor = None
    ) -> Page[ReviewItem]:
        """Staff: users who wait for a decision, longest first."""
        after = decode_cursor(cursor, tuple[SubmittedAt, UUID])
        items, following = await review_service.queue(after, limit)
        return Page(items, encode_cursor(*following) if following else None)

    @get(
        "/{user_id:uuid}/photo",
        operation_id="GetReviewPhoto",
        media_type="image/jpeg",
        responses=problems(404),
    )
    async def get_photo(
        self,
        user_id: FromPath[UUID],
        principal: NamedDependency[Principal],
        review_service: NamedDependency[ReviewService],
    ) -> Response[bytes]:
        """Staff: a user's photo as JPEG. Each view is recorded."""
        photo = await review_service.photo(user_id, principal.user_id)
        return Response(photo, media_type="image/jpeg", headers=PHOTO_HEADERS)

    @post("/{user_id:uuid}", operation_id="DecideReview", status_code=200, responses=problems(404, 409))
    async def decide(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[Decision],
        principal: NamedDependency[Principal],
        review_service: NamedDependency[ReviewService],
    ) -> Reviewed:
        """Staff: approve or reject the photo that waits. Repeating the same decision finishes it."""
        return await review_service.decide(user_id, principal, data)
