"""Escalation policies: the one that applies where none is given, and the version of one that states none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace

from config.model import PolicyConfig, StepConfig

_URGENT = ("p0", "p1")

_DEFAULT = PolicyConfig(
    name="standard",
    version="",
    default=True,
    due_working_days={"p0": 7, "p1": 15, "p2": 30, "p3": 60, "p4": 90},
    idle_working_days=10,
    unassigned_working_days=2,
    steps=(
        StepConfig("owner-before-due", "due_soon", -2, "owner"),
        StepConfig("owner-when-due", "overdue", 0, "owner"),
        StepConfig("lead-after-5", "overdue", 5, "lead"),
        StepConfig("manager-after-10", "overdue", 10, "manager", _URGENT),
        StepConfig("owner-when-idle", "idle", 0, "owner"),
        StepConfig("lead-when-unassigned", "unassigned", 0, "lead"),
        # Counted from the day on which it became a stall: the second working day without an assignee.
        StepConfig("manager-when-unassigned", "unassigned", 5, "manager", _URGENT),
    ),
)


def default_policy() -> PolicyConfig:
    """Applies where the configuration has no policy at all."""
    return with_version(_DEFAULT)


def with_version(policy: PolicyConfig) -> PolicyConfig:
    """The policy with the digest of its content as version, unless it states one."""
    if policy.version:
        return policy
    text = json.dumps(asdict(policy), sort_keys=True, ensure_ascii=True)
    return replace(policy, version=hashlib.sha256(text.encode()).hexdigest()[:12])
