"""The ways an alert is sent: a webhook, an e-mail."""

import smtplib
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

import httpx

from pipelines.alerts.alert import Alert
from pipelines.alerts.settings import AlertSettings

TIMEOUT_S = 10.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")
Send = Callable[[Alert, datetime], None]


class NotSent(Exception):
    """A channel did not take an alert; says which and how, never where to, for an address may hold a password."""


def channels(settings: AlertSettings) -> Mapping[str, Send]:
    """The channels that are set, by name. Each raises NotSent."""
    found: dict[str, Send] = {}
    if settings.alert_webhook_url:
        url = settings.alert_webhook_url
        found["webhook"] = lambda alert, raised_at: _post(url, alert, raised_at)
    if settings.recipients:
        found["email"] = lambda alert, raised_at: _mail(settings, alert, raised_at)
    return found


def _post(url: str, alert: Alert, raised_at: datetime) -> None:
    try:
        answer = httpx.post(url, json=alert.as_json(raised_at), timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        raise NotSent(f"webhook: {type(error).__name__}") from None
    if not answer.is_success:
        raise NotSent(f"webhook: answered {answer.status_code}")


def _mail(settings: AlertSettings, alert: Alert, raised_at: datetime) -> None:
    message = EmailMessage()
    message["From"] = settings.alert_email_from
    message["To"] = ", ".join(settings.recipients)
    message["Subject"] = f"[Tidemark] {alert.headline}"
    message["Date"] = format_datetime(alert.resolved_at or raised_at)
    message["Message-ID"] = make_msgid("tidemark", domain="tidemark.invalid")
    message.set_content(alert.in_words())
    parts = urlsplit(settings.alert_smtp_url or "")
    host, context = parts.hostname or "", ssl.create_default_context()
    try:
        with (
            smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_S, context=context)
            if parts.scheme == "smtps"
            else smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_S)
        ) as server:
            server.ehlo_or_helo_if_needed()
            is_private = parts.scheme == "smtps" or host in LOOPBACK
            if parts.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=context)
                is_private = True
            if parts.username and not is_private:
                raise NotSent("email: the server offers no TLS, so it gets no password")
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"email: {type(error).__name__}") from None
