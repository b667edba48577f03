"""What the one who starts the sandbox decides."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connectors.sandbox.courier import Hook


@dataclass(frozen=True)
class SandboxOptions:
    """`port` and `smtp_port` 0 take any free port; `ready_file` then tells which, as JSON, once both listen.

    `allow_kills` lets `/_sandbox/kill-plan` send signals to registered processes; only drills want that.
    """

    host: str = "127.0.0.1"
    port: int = 8100
    smtp_port: int | None = 8125
    state_dir: Path | None = None
    seed_file: Path | None = None
    webhook_jira: str = ""
    webhook_jira_secret: str = field(default="", repr=False)
    webhook_github: str = ""
    webhook_github_secret: str = field(default="", repr=False)
    webhook_gitlab: str = ""
    webhook_gitlab_secret: str = field(default="", repr=False)
    webhook_delay: float = 0.05
    webhook_retry_scale: float = 1.0
    ready_file: Path | None = None
    allow_kills: bool = False

    def hooks(self) -> dict[str, Hook]:
        found = {
            "jira": Hook(self.webhook_jira, self.webhook_jira_secret),
            "github": Hook(self.webhook_github, self.webhook_github_secret),
            "gitlab": Hook(self.webhook_gitlab, self.webhook_gitlab_secret),
        }
        return {tracker: hook for tracker, hook in found.items() if hook.url}


def parse(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> SandboxOptions:
    """Options from a command line; secrets may come from SANDBOX_WEBHOOK_{JIRA,GITHUB,GITLAB}_SECRET instead."""
    known = environment if environment is not None else os.environ
    parser = argparse.ArgumentParser("connectors.sandbox", description="Stand-in Jira, GitHub and mailbox.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--smtp-port", type=int, default=8125, help="0: any free port; -1: no mailbox")
    parser.add_argument("--state", type=Path, dest="state_dir", help="folder of the state; without it, memory only")
    parser.add_argument("--seed", type=Path, dest="seed_file", help="JSON file of projects, repositories and people")
    parser.add_argument("--webhook-jira", default="", metavar="URL")
    parser.add_argument("--webhook-jira-secret", default=known.get("SANDBOX_WEBHOOK_JIRA_SECRET", ""))
    parser.add_argument("--webhook-github", default="", metavar="URL")
    parser.add_argument("--webhook-github-secret", default=known.get("SANDBOX_WEBHOOK_GITHUB_SECRET", ""))
    parser.add_argument("--webhook-gitlab", default="", metavar="URL")
    parser.add_argument("--webhook-gitlab-secret", default=known.get("SANDBOX_WEBHOOK_GITLAB_SECRET", ""))
    parser.add_argument("--webhook-delay", type=float, default=0.05, help="seconds between a commit and its webhook")
    parser.add_argument("--webhook-retry-scale", type=float, default=1.0, help="stretches Jira's retry delays")
    parser.add_argument("--ready-file", type=Path, help="written as JSON once everything listens")
    parser.add_argument("--allow-kills", action="store_true", help="lets a drill register processes to be killed")
    found = vars(parser.parse_args(arguments))
    if found["smtp_port"] < 0:
        found["smtp_port"] = None
    return SandboxOptions(**found)
