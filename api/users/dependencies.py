"""What controllers may ask for by name."""

from litestar.datastructures import State
from litestar.di import Provide

from api.users.identity.photo_service import PhotoService
from api.users.identity.review_service import ReviewService
from api.users.people.service import PeopleService
from api.users.profile.deletion import Deletion
from api.users.profile.service import ProfileService
from api.users.recovery.service import RecoveryService
from api.users.sessions.program_tokens import ProgramTokenService
from api.users.sessions.service import SessionService


def _profile(state: State) -> ProfileService:
    return state.services.profile


def _deletion(state: State) -> Deletion:
    return state.services.deletion


def _sessions(state: State) -> SessionService:
    return state.services.sessions


def _program_tokens(state: State) -> ProgramTokenService:
    return state.services.program_tokens


def _photos(state: State) -> PhotoService:
    return state.services.photos


def _people(state: State) -> PeopleService:
    return state.services.people


def _reviews(state: State) -> ReviewService:
    return state.services.reviews


def _recovery(state: State) -> RecoveryService:
    return state.services.recovery


DEPENDENCIES = {
    "profile_service": Provide(_profile, sync_to_thread=False),
    "deletion": Provide(_deletion, sync_to_thread=False),
    "session_service": Provide(_sessions, sync_to_thread=False),
    "program_token_service": Provide(_program_tokens, sync_to_thread=False),
    "photo_service": Provide(_photos, sync_to_thread=False),
    "people_service": Provide(_people, sync_to_thread=False),
    "review_service": Provide(_reviews, sync_to_thread=False),
    "recovery_service": Provide(_recovery, sync_to_thread=False),
}
