from __future__ import annotations

from tests.connectors.conftest import github, sandbox, secrets

__all__ = ["github", "sandbox", "secrets"]
