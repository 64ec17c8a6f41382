"""What a server is told by its environment: every setting, typed, with its default."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_ORIGIN_HOST = "boucle.local"
"""Names the logs of a server that nobody gave a name; `boucle doctor` reminds of it."""
HIGHEST_PORT = 65_535
MOST_WORKERS = 64


class Settings(BaseSettings):
    """The settings of one server; each is read from `BOUCLE_<NAME>`, and a command's option wins over it."""

    model_config = SettingsConfigDict(env_prefix="BOUCLE_", extra="ignore", frozen=True)

    data: Path = Path("boucle-data")
    """Directory that holds everything of an embedded installation."""
    database_url: SecretStr | None = None
    """`postgresql+psycopg://…` to use PostgreSQL instead of the embedded database; may hold a password."""
    base_url: str = ""
    """Address by which phones reach this server, as enrolment codes name it; empty: made of host and port."""
    label_base: str = ""
    """Address that printed labels carry, for as long as the labels last; empty: `base_url`."""
    origin_host: str = DEFAULT_ORIGIN_HOST
    """First part of the name of every log made on this server; a log keeps the name it was born with."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=HIGHEST_PORT)] = 8000
    workers: Annotated[int, Field(ge=1, le=MOST_WORKERS)] = 1
    busy_ms: Annotated[int, Field(ge=0, le=600_000)] = 10_000
    """Milliseconds that a writer waits for another one before it answers that the database is busy."""
    jobs: bool = True
    """Whether this server runs the scheduled jobs."""

    @field_validator("database_url")
    @classmethod
    def _blank_is_none(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value is not None and value.get_secret_value().strip() else None

    @property
    def embedded(self) -> bool:
        """Whether the database is the SQLite file of the data directory."""
        return self.database_url is None

    @property
    def database_file(self) -> Path:
        """The file of the embedded database."""
        return self.data / "boucle.sqlite3"

    @property
    def address(self) -> str:
        """The address of this server for people and phones, without a slash at the end."""
        return self.base_url.rstrip("/") or f"http://{_bracketed(self.host)}:{self.port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
