"""What the tables have in common: names of constraints, keys, and columns that come together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Text, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the key's type is exactly INTEGER.
Key = BigInteger().with_variant(Integer(), "sqlite")


def error_columns() -> list[Column[str]]:
    """What was last wrong: machine word, sentence, cure."""
    return [Column("error_code", String), Column("error", Text), Column("cure", Text)]


def rows_where(condition: str) -> dict[str, Any]:
    """The rows that an index holds, told to each database in its own option."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
