"""Puts the service together: which part gets which. The application and the commands both start here."""

from dataclasses import dataclass
from typing import Any

from api.shared.database import AsyncEngine
from api.users.accounts_client import AccountsClient
from api.users.crypto.data_keys import DataKeys
from api.users.crypto.index import Index
from api.users.crypto.master_key import KeyFile, KmsKey, MasterKey
from api.users.crypto.signing import SigningKeys
from api.users.documents import IdentityDocuments
from api.users.identity.photo_service import PhotoService
from api.users.identity.review_service import ReviewService
from api.users.passwords.hashing import Hasher
from api.users.people.service import PeopleService
from api.users.profile.confirmation import Confirmation
from api.users.profile.deletion import Deletion
from api.users.profile.service import ProfileService
from api.users.recovery.service import RecoveryService
from api.users.sessions.program_tokens import ProgramTokenService
from api.users.sessions.service import SessionService
from api.users.sessions.tokens import TokenIssuer
from api.users.settings import UsersSettings


@dataclass(frozen=True)
class Services:
    """Everything that acts, ready to use; nothing is connected before the first call."""

    engine: AsyncEngine
    master_key: MasterKey
    index: Index
    data_keys: DataKeys
    signing_keys: SigningKeys
    profile: ProfileService
    deletion: Deletion
    sessions: SessionService
    program_tokens: ProgramTokenService
    photos: PhotoService
    reviews: ReviewService
    people: PeopleService
    recovery: RecoveryService

    async def public_keys(self) -> dict[str, Any]:
        """The JWKS document."""
        async with self.engine.begin() as connection:
            return await self.signing_keys.jwks(connection)


def make_services(settings: UsersSettings, engine: AsyncEngine) -> Services:
    """The services for one process. Raises SettingsError when the master key file cannot be read."""
    master_key: MasterKey
    if settings.master_key_file:
        master_key = KeyFile(settings.master_key_file)
    else:
        master_key = KmsKey(settings.kms_key_id or "")
    index = Index(master_key)
    data_keys = DataKeys(settings.data_key_table, master_key)
    signing_keys = SigningKeys(master_key)
    documents = IdentityDocuments(settings.identity_table)
    issuer = TokenIssuer(settings.issuer, settings.audience)
    accounts = AccountsClient(settings.gateway_url)
    hasher = Hasher(
        memory_kib=settings.hash_memory_kib,
        rounds=settings.hash_rounds,
        workers=settings.hash_workers,
        percent=settings.hash_percent,
    )
    confirmation = Confirmation(engine, index, hasher)
    sessions = SessionService(engine=engine, index=index, signing_keys=signing_keys, issuer=issuer, hasher=hasher)
    return Services(
        engine=engine,
        master_key=master_key,
        index=index,
        data_keys=data_keys,
        signing_keys=signing_keys,
        profile=ProfileService(
            engine=engine,
            index=index,
            data_keys=data_keys,
            hasher=hasher,
            confirmation=confirmation,
        ),
        deletion=Deletion(
            engine=engine,
            data_keys=data_keys,
            documents=documents,
            confirmation=confirmation,
            accounts=accounts,
            session_service=sessions,
        ),
        sessions=sessions,
        program_tokens=ProgramTokenService(signing_keys, issuer),
        photos=PhotoService(engine, data_keys, documents),
        reviews=ReviewService(engine, data_keys, documents, accounts),
        people=PeopleService(engine, index, data_keys),
        recovery=RecoveryService(engine=engine, index=index, data_keys=data_keys, hasher=hasher),
    )
