"""Acts of sign-in: attempts, sessions, passwords, one-time links, accounts and the roles given to them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update

from tracker import tokens
from tracker.accounts import passwords, queries
from tracker.accounts.models import Account, LinkPurpose, LoginSession, OneTimeLink, RoleGrant, RoleOutcome, RoleRequest
from tracker.accounts.throttling import SIGN_IN, count_attempt, forgive
from tracker.accounts.words import ROLES
from tracker.audit.operations import record
from tracker.db import BoundSession, Database
from tracker.mail.operations import enqueue
from tracker.municipalities.models import Municipality
from tracker.permissions import HIGH, GivenRole, Role, SignedIn, Viewer, system

log = structlog.get_logger()

ABSOLUTE = timedelta(hours=10)
# A session's last use is written down at most this often, so that reading pages seldom writes.
SEEN_EVERY = timedelta(minutes=1)

INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=2)


class SignInRefusedError(Exception):
    """The identifier and the password do not belong together. Which of them is wrong is nobody's business."""


class SeveralAccountsError(Exception):
    """The identifier and password are right in more than one municipality, so we must be told which one is meant."""

    def __init__(self, municipalities: Sequence[Municipality]) -> None:
        super().__init__(", ".join(municipality.slug for municipality in municipalities))
        self.municipalities = municipalities


class WrongPasswordError(Exception):
    """The present password, asked for before it is changed, was not the right one."""


class LinkUnusableError(Exception):
    """A one-time link is unknown, has been used or is too old."""


class IdentifierTakenError(Exception):
    """Another account of the municipality has this e-mail address or employee number."""


def signed_in_by(database: Database, token: str, now: datetime) -> SignedIn | None:
    """Return whom a session cookie's token stands for, or None: ended, idle too long, too old, or account disabled.

    Being asked counts as use: it is written down once a minute, in a transaction of its own.
    """
    with database.wide(reading=True) as session:
        found = session.execute(
            select(LoginSession, Account)
            .join(Account, Account.id == LoginSession.account_id)
            .where(
                LoginSession.token_hash == tokens.fingerprint(token),
                queries.alive(now),
                Account.disabled_at.is_(None),
            )
        ).one_or_none()
    if found is None:
        return None
    login, account = found
    if now - login.seen_at > SEEN_EVERY:
        with database.bound(login.municipality_id) as session:
            session.execute(update(LoginSession).where(LoginSession.id == login.id).values(seen_at=now))
            session.commit()
    return SignedIn(account_id=account.id, municipality_id=account.municipality_id, login_session_id=login.id)


def authenticated(
    database: Database,
    *,
    identifier: str,
    password: str,
    municipality: str | None = None,
    address: str,
    now: datetime,
) -> Account:
    """Return the account that an identifier and a password open, in whichever municipality it is.

    `municipality` is the short name of one, for who has an account in several. The attempt is counted in a transaction of
    its own, and forgotten if it succeeds. Compares one password more than there are accounts to compare with, if there
    are none. Changes nothing else.

    Raises TooManyAttemptsError, SignInRefusedError, SeveralAccountsError.
    """
    attempt = count_attempt(database, SIGN_IN, identifier=queries.identifier_key(identifier), address=address, now=now)
    with database.wide(reading=True) as session:
        known = [
            (account, where) for account, where in queries.candidates(session, identifier) if account.password_hash
        ]
    opened = [(account, where) for account, where in known if passwords.matches(account.password_hash or "", password)]
    if not known:
        passwords.match_nothing(password)
    if not opened:
        log.info("sign_in.failed", address=address)
        raise SignInRefusedError
    forgive(database, attempt)
    chosen = [(account, where) for account, where in opened if where.slug == municipality] or opened
    if len(chosen) > 1:
        raise SeveralAccountsError([where for _, where in chosen])
    return chosen[0][0]


def start_session(
    session: BoundSession, *, account_id: int, address: str, browser: str, now: datetime, password: str | None = None
) -> str:
    """Sign an account in: add a session of its own and return the token for its cookie.

    Makes the hash of `password`, which has just been found right, anew when it is older than today's settings.
    """
    account = session.get_one(Account, account_id)
    if password is not None and account.password_hash is not None and passwords.outdated(account.password_hash):
        account.password_hash = passwords.hashed(password)
    token = tokens.one_time_token()
    session.add(
        LoginSession(
            account_id=account.id,
            token_hash=tokens.fingerprint(token),
            started_at=now,
            seen_at=now,
            expires_at=now + ABSOLUTE,
            address=address[:45],
            browser=browser[:200],
        )
    )
    record(session, "account.signed_in", subject=account, by=as_owner(account))
    return token


def sign_out(session: BoundSession, *, login_session_id: int, by: Viewer, now: datetime) -> None:
    """End the session that a browser is signed in with."""
    login = session.get_one(LoginSession, login_session_id)
    login.ended_at = now
    account = session.get_one(Account, login.account_id)
    record(session, "account.signed_out", subject=account, by=by)


def end_session(session: BoundSession, *, login: LoginSession, by: Viewer, now: datetime) -> None:
    """End one of an account's sessions: its browser is signed out at its next request."""
    login.ended_at = now
    account = session.get_one(Account, login.account_id)
    record(session, "account.session_ended", subject=account, by=by, login=login.public_id)


def end_sessions(session: BoundSession, *, account: Account, by: Viewer, now: datetime, but: int | None = None) -> int:
    """End every session of an account but the one with the id `but`. Returns how many were live until now."""
    logins = [login for login in queries.live_sessions(session, account.id, now=now) if login.id != but]
    for login in logins:
        login.ended_at = now
    if logins:
        record(session, "account.sessions_ended", subject=account, by=by, count=len(logins))
    return len(logins)


def minimum_length(session: BoundSession, account: Account) -> int:
    """Return the fewest characters that an account's next password may have."""
    high = queries.given_roles(session, account.id) & HIGH
    return passwords.MINIMUM_OF_ADMINISTRATORS if high else passwords.MINIMUM


def confirm_password(database: Database, *, by: Viewer, password: str, address: str, now: datetime) -> None:
    """Make sure that who is signed in knows the password, before something that matters. Changes nothing.

    Guesses are counted like attempts to sign in, in transactions of their own: hold no other while calling this.

    Raises TooManyAttemptsError, WrongPasswordError.
    """
    attempt = count_attempt(database, SIGN_IN, identifier=f"account:{by.actor}", address=address, now=now)
    with database.bound(by.municipality_id, reading=True) as session:
        password_hash = session.get_one(Account, by.account_id).password_hash
    if password_hash is None or not passwords.matches(password_hash, password):
        raise WrongPasswordError
    forgive(database, attempt)


def change_password(
    session: BoundSession, *, account: Account, password: str, login_session_id: int, by: Viewer, now: datetime
) -> None:
    """Change one's own password. Ends the account's other sessions, and makes its unused links useless.

    Raises WeakPasswordError.
    """
    _set_password(session, account, password)
    void_links(session, account=account, now=now)
    record(session, "account.password_changed", subject=account, by=by)
    end_sessions(session, account=account, by=by, now=now, but=login_session_id)


def _set_password(session: BoundSession, account: Account, password: str) -> None:
    municipality = session.get_one(Municipality, session.municipality_id)
    owner = [account.display_name, account.email or "", account.employee_number or ""]
    about = [municipality.name, municipality.slug, *owner]
    passwords.check(password, minimum=minimum_length(session, account), about=about)
    account.password_hash = passwords.hashed(password)


def make_link(session: BoundSession, *, account: Account, lasts: timedelta, now: datetime) -> str:
    """Add a one-time link with which the owner of an account chooses a password. Returns its token, which is kept nowhere.

    The purpose is an invitation until the account has a password, then a reset. Writes no journal: its callers say how
    the link reaches the owner.
    """
    token = tokens.one_time_token()
    session.add(
        OneTimeLink(
            account_id=account.id,
            purpose=_purpose(account),
            token_hash=tokens.fingerprint(token),
            created_at=now,
            expires_at=now + lasts,
        )
    )
    return token


def _purpose(account: Account) -> LinkPurpose:
    return LinkPurpose.RESET if account.password_hash else LinkPurpose.INVITATION


def void_links(session: BoundSession, *, account: Account, now: datetime) -> None:
    """Make the links of an account that have not been used useless."""
    session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.account_id == account.id, OneTimeLink.consumed_at.is_(None), OneTimeLink.expires_at > now)
        .values(expires_at=now)
    )


def mail_link(session: BoundSession, *, account: Account, lasts: timedelta, now: datetime) -> None:
    """Make a one-time link and put the mail that holds it in the outbox. Writes no journal: its callers do.

    The mail's text is blanked once it has left, so that the link does not linger.
    """
    token = make_link(session, account=account, lasts=lasts, now=now)
    kind = _purpose(account).value
    enqueue(
        session,
        kind=kind,
        dedupe_key=f"{kind}:{tokens.fingerprint(token)}",
        account=account,
        template=kind,
        context={"token": token, "until": now + lasts},
        now=now,
    )


def request_reset(session: BoundSession, *, account: Account, now: datetime) -> None:
    """Mail the owner of an account a link for choosing a new password, if the account has an address.

    Anyone may ask for it, so earlier links stay as they are.
    """
    if account.email is None:
        return
    mail_link(session, account=account, lasts=RESET_LASTS, now=now)
    record(session, "account.reset_requested", subject=account, by=system(session.municipality_id, "sign-in"))


def use_link(session: BoundSession, *, token: str, password: str, now: datetime) -> Account:
    """Consume a one-time link: choose the account's password. Ends all its sessions and makes its other links useless.

    Raises LinkUnusableError, WeakPasswordError.
    """
    link = session.scalars(
        select(OneTimeLink).where(OneTimeLink.token_hash == tokens.fingerprint(token)).with_for_update()
    ).one_or_none()
    if link is None or link.consumed_at is not None or link.expires_at <= now:
        raise LinkUnusableError
    account = session.get_one(Account, link.account_id)
    if account.disabled_at is not None:
        raise LinkUnusableError
    _set_password(session, account, password)
    link.consumed_at = now
    void_links(session, account=account, now=now)
    record(session, "account.password_chosen", subject=account, by=as_owner(account), purpose=link.purpose.value)
    end_sessions(session, account=account, by=as_owner(account), now=now)
    return account


def create_account(
    session: BoundSession,
    *,
    display_name: str,
    by: Viewer,
    now: datetime,
    email: str | None = None,
    employee_number: str | None = None,
    person_id: int | None = None,
) -> Account:
    """Add an account that nobody can sign in to yet: its owner chooses a password with a one-time link.

    Raises IdentifierTakenError.
    """
    email_key = queries.identifier_key(email) if email else None
    for column, value in ((Account.email_key, email_key), (Account.employee_number, employee_number)):
        if value is not None and session.scalar(select(Account.id).where(column == value)) is not None:
            raise IdentifierTakenError(value)
    account = Account(
        person_id=person_id,
        display_name=display_name,
        email=email,
        email_key=email_key,
        employee_number=employee_number,
        created_at=now,
    )
    session.add(account)
    session.flush()  # The account's id is needed for its roles and links.
    record(session, "account.created", subject=account, by=by)
    return account


def give_role(session: BoundSession, *, account: Account, role: GivenRole, by: Viewer, now: datetime) -> None:
    """Give an account a role, whoever asks. Nothing happens if it has it already; else its sessions are ended.

    If it waits for approval, that is the approval, and who asked for it gets a mail. Who may give what is decided above
    this: by administration.operations, and by who may run commands.
    """
    details = {"role": role.value}
    if (asked := queries.waiting_role(session, account.id, role)) is not None:
        asked.close(RoleOutcome.APPROVED, by_id=by.account_id, now=now)
        details["asked_by"] = session.get_one(Account, asked.asked_by_id).public_id
        tell_asker(session, asked, account, now)
    if role in queries.given_roles(session, account.id):
        return
    session.add(RoleGrant(account_id=account.id, role=role, granted_at=now, granted_by_id=by.account_id))
    record(session, "role.given", subject=account, by=by, **details)
    end_sessions(session, account=account, by=by, now=now)


def tell_asker(session: BoundSession, asked: RoleRequest, account: Account, now: datetime) -> None:
    """Put a mail in the outbox that tells who asked for a role what became of it. It names nobody; its link leads there."""
    enqueue(
        session,
        kind="answer",
        dedupe_key=f"answer:{asked.public_id}",
        account=session.get_one(Account, asked.asked_by_id),
        template="role_answer",
        context={
            "role": ROLES[Role(asked.role.value)],
            "granted": asked.outcome is RoleOutcome.APPROVED,
            "words": asked.declined_why or "",
            "account_id": account.public_id,
        },
        now=now,
    )


def as_owner(account: Account) -> Viewer:
    """Return the viewer that an account's owner is while nobody is signed in yet: without any role."""
    return Viewer(municipality_id=account.municipality_id, actor=account.public_id, account_id=account.id)


def prefer(session: BoundSession, viewer: Viewer, locale: str | None, theme: str | None) -> None:
    """Keep the language and theme that someone chose for themself; None leaves one as it is. Writes no journal."""
    account = session.get_one(Account, viewer.account_id)
    account.locale = locale or account.locale
    account.theme = theme or account.theme
