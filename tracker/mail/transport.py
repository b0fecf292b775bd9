"""The SMTP conversation."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from tracker.config import Config
from tracker.mail.models import MailState, OutgoingMail

# Well under a third of the lease, so that a slow server cannot outlive it.
TIMEOUT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt: SENT, CAUGHT, QUEUED (try again), UNCERTAIN (may have arrived) or FAILED."""

    state: MailState
    response: str


class Transport(Protocol):
    """Something that takes a mail on."""

    def send(self, mail: OutgoingMail) -> Outcome:
        """Try once. Never raises for what a mail server may do."""
        ...


class Catcher:
    """Keeps mails for the operator to read instead of sending them: for trying out, and the demo."""

    def send(self, mail: OutgoingMail) -> Outcome:  # noqa: ARG002
        """Catch it."""
        return Outcome(MailState.CAUGHT, "caught: no mail server is configured")


class Smtp:
    """Hands mails to an SMTP server, a conversation each."""

    def __init__(self, config: Config) -> None:
        """Remember where the server is."""
        self.config = config

    def send(self, mail: OutgoingMail) -> Outcome:
        """Try once, and tell apart what surely did not arrive from what may have."""
        try:
            message = as_message(mail, sender=self.config.mail_from).as_bytes(policy=SMTP)
        except ValueError as error:
            return Outcome(MailState.FAILED, f"not a mail that can be sent: {error}")
        handed_over = False
        try:
            with smtplib.SMTP(self.config.smtp_host, self.config.smtp_port, timeout=TIMEOUT_SECONDS) as server:
                if self.config.smtp_starttls:
                    server.starttls(context=ssl.create_default_context())
                if self.config.smtp_username:
                    server.login(self.config.smtp_username, self.config.smtp_password)
                server.ehlo_or_helo_if_needed()
                for code, answer in (server.mail(_bare(self.config.mail_from)), server.rcpt(mail.address)):
                    if code >= 400:
                        return _refused(code, answer)
                handed_over = True
                code, answer = server.data(message)
                return Outcome(MailState.SENT, f"{code} {_words(answer)}") if code < 400 else _refused(code, answer)
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            state = MailState.UNCERTAIN if handed_over else MailState.QUEUED
            return Outcome(state, f"{type(error).__name__}: {error}")


def as_message(mail: OutgoingMail, *, sender: str) -> EmailMessage:
    """Return the mail as a message: text with an HTML alternative, marked as sent by a machine."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.address
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.locale
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def transport_for(config: Config) -> Transport:
    """Return SMTP where a server is configured, else the catcher."""
    return Smtp(config) if config.smtp_host else Catcher()


def _bare(address: str) -> str:
    return address.rpartition("<")[2].rstrip(">")


def _words(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


def _refused(code: int, answer: bytes | str) -> Outcome:
    """A 4xx answer means later; a 5xx means never."""
    return Outcome(MailState.QUEUED if code < 500 else MailState.FAILED, f"{code} {_words(answer)}")
