"""`afteraction sandbox`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from service.cli.errors import Stop

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("sandbox", epilog="Example: afteraction sandbox --state ./sandbox --port 8100")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind; nobody is asked who they are.")
@click.option("--port", type=click.IntRange(0, 65535), default=8100, show_default=True, help="0: any free port.")
@click.option(
    "--smtp-port", type=click.IntRange(-1, 65535), default=8125, show_default=True, help="0: any free; -1: no mailbox."
)
@click.option("--state", "state_dir", type=_FOLDER, help="Folder of the state; without it, memory only.")
@click.option("--seed", "seed_file", type=_FILE, help="JSON file of projects, repositories and people.")
@click.option("--webhook-jira", default="", metavar="URL", help="Signed by SANDBOX_WEBHOOK_JIRA_SECRET.")
@click.option("--webhook-github", default="", metavar="URL", help="Signed by SANDBOX_WEBHOOK_GITHUB_SECRET.")
@click.option("--webhook-gitlab", default="", metavar="URL", help="Signed by SANDBOX_WEBHOOK_GITLAB_SECRET.")
@click.option("--webhook-delay", type=float, default=0.05, show_default=True, help="Seconds after the change.")
@click.option("--webhook-retry-scale", type=float, default=1.0, show_default=True, help="Stretches Jira's retries.")
@click.option("--ready-file", type=_FILE, help="Written as JSON once everything listens.")
@click.option("--allow-kills", is_flag=True, help="Lets a drill register processes to be killed.")
def command(**options: Any) -> None:
    """Stand-in Jira, GitHub and mailbox over real HTTP and SMTP, with boards and a fault switch, until SIGTERM."""
    from connectors.sandbox.options import SandboxOptions
    from connectors.sandbox.running import PortTakenError, run
    from connectors.sandbox.seed import SeedError

    options["smtp_port"] = None if options["smtp_port"] < 0 else options["smtp_port"]
    for tracker in ("jira", "github", "gitlab"):
        name = f"webhook_{tracker}_secret"
        options[name] = os.environ.get(f"SANDBOX_{name.upper()}", "")
    seed = options["seed_file"]
    try:
        run(SandboxOptions(**options))
    except (SeedError, ValueError) as error:
        raise Stop(f"The seed {seed} cannot be used ({error}): correct it, or leave --seed out.") from error
    except PortTakenError as error:
        raise Stop(str(error)) from error
    except OSError as error:
        place = f"{options['host']}:{options['port']}"
        raise Stop(
            f"The sandbox cannot start at {place} ({error.strerror or error}): give other ports or another folder."
        ) from error
