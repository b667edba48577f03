"""Stand-in Jira, GitHub, GitLab, Redmine and mailbox over real HTTP and SMTP, for trials, tests and benchmarks."""

from connectors.sandbox.app import create_app
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import PortTakenError, Sandbox, run

__all__ = ["PortTakenError", "Sandbox", "SandboxOptions", "create_app", "run"]
