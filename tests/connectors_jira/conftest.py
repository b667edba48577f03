from tests.connectors.conftest import jira, sandbox, secrets

__all__ = ["jira", "sandbox", "secrets"]
