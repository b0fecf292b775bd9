"""The SMTP conversation."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Protocol

from tracker.config import Config
from tracker.mail.models import MailState, OutgoingMail

# How long the server may take over each step. All of them together stay well within a mail's lease.
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
        return Outcome(MailState.CAUGHT, "")  # No server answered.


class Smtp:
    """Hands mails to an SMTP server, a conversation each."""

    def __init__(self, config: Config) -> None:
        """Remember where the server is."""
        self.config = config

    def send(self, mail: OutgoingMail) -> Outcome:
        """Try once, and tell apart what surely did not arrive from what may have."""
        try:
            message = as_message(mail, sender=self.config.mail_from).as_bytes(policy=SMTP)
            mail.address.encode("ascii")
        except ValueError as error:
            return Outcome(MailState.FAILED, f"not a mail that can be sent: {error}")
        conversation = _Conversation(self.config)
        try:
            conversation.hold(mail.address, message)
        except (OSError, smtplib.SMTPException) as error:
            # What goes wrong after the answer, such as taking leave, changes nothing of it.
            if conversation.outcome is None:
                state = MailState.UNCERTAIN if conversation.handed_over else MailState.QUEUED
                return Outcome(state, f"{type(error).__name__}: {error}")
        assert conversation.outcome is not None
        return conversation.outcome


class _Conversation:
    """One conversation with the server: how far it came, and what it ended in."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.handed_over = False
        self.outcome: Outcome | None = None

    def hold(self, address: str, message: bytes) -> None:
        """Greet, say from whom and to whom, hand over. Raises OSError or SMTPException when it breaks off."""
        config = self.config
        with smtplib.SMTP(config.smtp_host, config.smtp_port, timeout=TIMEOUT_SECONDS) as server:
            if config.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if config.smtp_username:
                server.login(config.smtp_username, config.smtp_password)
            server.ehlo_or_helo_if_needed()
            code, answer = server.mail(parseaddr(config.mail_from)[1])
            if code != 250:
                # It is us that the server refuses, not this mail: a later attempt may find that mended.
                self.outcome = Outcome(MailState.QUEUED, f"{code} {_words(answer)}")
                return
            code, answer = server.rcpt(address)
            if code not in {250, 251}:
                self.outcome = _refused(code, answer)
                return
            try:
                self.handed_over = True
                code, answer = server.data(message)
            except smtplib.SMTPDataError as error:
                self.outcome = _refused(error.smtp_code, error.smtp_error)
                return
            self.outcome = (
                Outcome(MailState.SENT, f"{code} {_words(answer)}") if code == 250 else _refused(code, answer)
            )


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


def _words(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


def _refused(code: int, answer: bytes | str) -> Outcome:
    """4xx means later, 5xx means never; anything else is not an answer, and the mail may have been taken."""
    states = {4: MailState.QUEUED, 5: MailState.FAILED}
    return Outcome(states.get(code // 100, MailState.UNCERTAIN), f"{code} {_words(answer)}")
