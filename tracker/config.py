"""Configuration: from the environment, each setting documented in docs/configuration.md."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEVELOPMENT_SECRET = "not-a-secret: for development and the demo only"  # noqa: S105
MINIMUM_SECRET_LENGTH = 32


class ConfigurationError(Exception):
    """A setting is missing or unsafe; the application refuses to start."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the environment decides."""

    environment: str = "development"
    secret_key: str = DEVELOPMENT_SECRET
    database_url: str = "sqlite:///instance/tracker.db"
    migration_database_url: str = ""
    base_url: str = "http://localhost:8000"
    trusted_hosts: tuple[str, ...] = ()
    proxy_hops: int = 0
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_starttls: bool = False
    mail_from: str = "Tracker <tracker@localhost>"
    mail_paused: bool = False
    log_format: str = "console"
    log_level: str = "INFO"
    max_upload_bytes: int = 20 * 1024 * 1024
    max_certificate_bytes: int = 10 * 1024 * 1024

    @property
    def production(self) -> bool:
        """Whether real people's data is at stake: every safety is on."""
        return self.environment == "production"


SETTINGS: dict[str, str] = {
    "TRACKER_ENVIRONMENT": "environment",
    "SECRET_KEY": "secret_key",
    "DATABASE_URL": "database_url",
    "TRACKER_MIGRATION_DATABASE_URL": "migration_database_url",
    "TRACKER_BASE_URL": "base_url",
    "TRUSTED_HOSTS": "trusted_hosts",
    "TRACKER_PROXY_HOPS": "proxy_hops",
    "SMTP_HOST": "smtp_host",
    "SMTP_PORT": "smtp_port",
    "SMTP_USERNAME": "smtp_username",
    "SMTP_PASSWORD": "smtp_password",
    "SMTP_STARTTLS": "smtp_starttls",
    "MAIL_FROM": "mail_from",
    "TRACKER_MAIL_PAUSED": "mail_paused",
    "LOG_FORMAT": "log_format",
    "LOG_LEVEL": "log_level",
    "TRACKER_MAX_UPLOAD_BYTES": "max_upload_bytes",
    "TRACKER_MAX_CERTIFICATE_BYTES": "max_certificate_bytes",
}


def from_environment(environ: Mapping[str, str] = os.environ) -> Config:
    """Read the settings. Each also has a `NAME_FILE` form that names a file holding it, for secrets.

    Raises ConfigurationError where one cannot be understood, or is unsafe in production.
    """
    values: dict[str, object] = {}
    for name, attribute in SETTINGS.items():
        raw = environ.get(name)
        if file := environ.get(f"{name}_FILE"):
            raw = Path(file).read_text().strip()
        if raw is not None and raw != "":
            values[attribute] = _converted(name, attribute, raw)
    config = Config(**values)  # ty: ignore[invalid-argument-type]
    problems = list(_problems(config))
    if problems:
        raise ConfigurationError("Tracker does not start:\n- " + "\n- ".join(problems))
    return config


def _converted(name: str, attribute: str, raw: str) -> object:
    default = getattr(Config(), attribute)
    if isinstance(default, bool):
        if raw.lower() not in {"1", "0", "true", "false", "yes", "no", "on", "off"}:
            raise ConfigurationError(f"{name} is {raw!r}; it must be true or false.")
        return raw.lower() in {"1", "true", "yes", "on"}
    if isinstance(default, int):
        try:
            return int(raw)
        except ValueError as error:
            raise ConfigurationError(f"{name} is {raw!r}; it must be a whole number.") from error
    if isinstance(default, tuple):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    return raw


def _problems(config: Config) -> list[str]:
    problems = []
    if config.environment not in {"development", "production", "test"}:
        problems.append(f"TRACKER_ENVIRONMENT is {config.environment!r}; it must be production, development or test.")
    if config.production:
        if config.secret_key == DEVELOPMENT_SECRET or len(config.secret_key) < MINIMUM_SECRET_LENGTH:
            problems.append(f"SECRET_KEY must be set to at least {MINIMUM_SECRET_LENGTH} random characters.")
        if not config.trusted_hosts:
            problems.append("TRUSTED_HOSTS must name the hosts the service answers to, such as tracker.example.se.")
        if not config.base_url.startswith("https://"):
            problems.append("TRACKER_BASE_URL must be the https address that mailed links begin with.")
        if not config.smtp_host:
            problems.append("SMTP_HOST must name the mail server.")
    return problems
