"""The demo's sender: files what a person filed by hand, delivers the postmortems, and lets people act. Ends by itself.

Every delivery goes through the signed door under an id of its content, so that a second start doubles nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import requests

from connectors.signatures import standard_key
from service.cli.demo.folder import HOST, DemoFolder
from service.cli.demo.people import CALL_SECONDS, Sandbox, act_all
from service.cli.demo.writing import write_postmortems

PATIENCE_SECONDS = 90.0
LOOK_SECONDS = 0.25
DOORS = {
    ".json": ("postmortems", "POSTMORTEMS_SECRET", "application/json"),
    ".md": ("wiki", "WIKI_SECRET", "text/markdown"),
}


def main(root: str, web_port: str, sandbox_port: str) -> int:
    folder = DemoFolder(Path(root))
    web = f"http://{HOST}:{web_port}"
    sandbox = Sandbox(f"http://{HOST}:{sandbox_port}")
    adopted = sandbox.filed_by_hand(folder.secret("DANA_TOKEN").read_text(encoding="ascii"))
    _until(lambda: _answers(f"{web}/readyz"), 10.0)
    sent = [_until(partial(_deliver, folder, web, path)) for path in write_postmortems(folder, adopted)]
    if not all(sent):
        sys.stderr.write("The webhooks' door did not take the demo's postmortems.\n")
        return 1
    if not folder.acted.exists() and _until(lambda: act_all(sandbox)):
        folder.acted.touch()
    return 0


def _until(done: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether it was done in time; who does not answer is asked again."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            if done():
                return True
        except requests.RequestException as error:
            sys.stderr.write(f"Asked again after: {type(error).__name__}\n")
        time.sleep(LOOK_SECONDS)
    return False


def _answers(url: str) -> bool:
    """Ready to work, so that the clock's first sweep for stalls is behind us and the next one sees everything."""
    return _session().get(url, timeout=CALL_SECONDS).status_code == 200


def _deliver(folder: DemoFolder, web: str, path: Path) -> bool:
    hook, secret, content_type = DOORS[path.suffix]
    body = path.read_bytes()
    identity = f"demo-{path.stem}-{hashlib.sha256(body).hexdigest()[:16]}"
    key = standard_key(folder.secret(secret).read_text(encoding="ascii"))
    headers = {"Content-Type": content_type, **signed(key, identity, int(time.time()), body)}
    answer = _session().post(f"{web}/hooks/{hook}", data=body, headers=headers, timeout=CALL_SECONDS)
    if answer.status_code != 202:
        sys.stderr.write(f"{path.name} was answered with {answer.status_code}.\n")
    return answer.status_code == 202


def signed(key: bytes, identity: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    digest = hmac.new(key, f"{identity}.{at}.".encode("ascii") + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode('ascii')}"
    return {"webhook-id": identity, "webhook-timestamp": str(at), "webhook-signature": signature}


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
