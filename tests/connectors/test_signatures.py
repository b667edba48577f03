from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.signatures import (
    StandardHook,
    check_hex,
    check_standard,
    revealed,
    standard_key,
    standard_secret_findings,
)
from connectors.spi import NotAuthentic, Secret

VECTORS = Path(__file__).parents[3] / "shared" / "payloads" / "standardwebhooks-vectors.json"
# The constants of the official suites: standard-webhooks/standard-webhooks, libraries/python/tests and rust/src/lib.rs.
SIGNED = {
    "python": (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        '{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    "rust": (
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1649367553,
        '{"email":"test@example.com","username":"test_user"}',
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
}
VALID = SIGNED["python"][4]
OTHERS = [
    "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
    "v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
]
# What the official suites try on the first constant: what they change, and whether it must be accepted.
CASES: list[tuple[str, dict[str, str | None], int, bool]] = [
    ("as it is", {}, 0, True),
    ("list with the valid one third", {"webhook-signature": " ".join([*OTHERS, VALID, OTHERS[0]])}, 0, True),
    ("list without a valid one", {"webhook-signature": " ".join(OTHERS)}, 0, False),
    ("no id", {"webhook-id": None}, 0, False),
    ("no timestamp", {"webhook-timestamp": None}, 0, False),
    ("no signature", {"webhook-signature": None}, 0, False),
    ("timestamp in words", {"webhook-timestamp": "hello"}, 0, False),
    ("one bit wrong", {"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="}, 0, False),
    ("not base64", {"webhook-signature": "v1,dawfeoifkpqwoekfpqoekf"}, 0, False),
    ("cut to eight characters", {"webhook-signature": "v1,g0hM9"}, 0, False),
    ("empty", {"webhook-signature": "v1,"}, 0, False),
    ("another version", {"webhook-signature": VALID.replace("v1,", "v2,")}, 0, False),
    ("no separator", {"webhook-signature": "invalid_signature"}, 0, False),
    ("301 s old", {}, 301, False),
    ("301 s ahead", {}, -301, False),
]
KEY = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def sign(key: bytes, identity: str, timestamp: object, body: bytes) -> str:
    signed = f"{identity}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers_for(body: bytes, now: datetime = NOW, identity: str = "msg_1", secret: str = KEY) -> dict[str, str]:
    timestamp = int(now.timestamp())
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(standard_key(secret), identity, timestamp, body),
    }


def official(name: str) -> tuple[str, dict[str, str], bytes, int]:
    secret, identity, timestamp, body, signature = SIGNED[name]
    headers = {"webhook-id": identity, "webhook-timestamp": str(timestamp), "webhook-signature": signature}
    return secret, headers, body.encode(), timestamp


@pytest.mark.parametrize("name", SIGNED)
def test_official_constants_are_accepted(name):
    secret, headers, body, timestamp = official(name)
    now = datetime.fromtimestamp(timestamp, UTC)
    assert check_standard("standard", headers, body, now, [secret]) == headers["webhook-id"]


@pytest.mark.parametrize(
    ("changes", "later", "accepted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_official_cases_end_as_they_must(changes, later, accepted):
    secret, headers, body, timestamp = official("python")
    headers = {name: value for name, value in {**headers, **changes}.items() if value is not None}
    now = datetime.fromtimestamp(timestamp + later, UTC)
    if accepted:
        assert check_standard("standard", headers, body, now, [secret]) == headers["webhook-id"]
    else:
        with pytest.raises(NotAuthentic):
            check_standard("standard", headers, body, now, [secret])


def test_every_published_case_ends_as_it_must():
    """The constants and cases of all official suites, where they lie beside this checkout."""
    if not VECTORS.exists():
        pytest.skip("the published vectors are not at ../shared/payloads beside this checkout")
    published = json.loads(VECTORS.read_text(encoding="utf-8"))
    constants = {each["name"]: each for each in published["sign"] if each["alg"] == "v1"}
    for each in constants.values():
        assert (
            sign(standard_key(each["secret"]), each["id"], each["timestamp"], each["body"].encode())
            == each["signature"]
        )
    tried = {case["name"]: ends(constants[case.get("base", "v1-a")], case) for case in published["verify"]}
    expected = {case["name"]: case["expect"] for case in published["verify"]}
    # Signing what is no timestamp is refused by our own signer's type: it takes an instant.
    assert {name: end for name, end in tried.items() if expected[name] != "sign-error"} == {
        name: end for name, end in expected.items() if end != "sign-error"
    }
    assert len(tried) == 25


def ends(base, case):
    """How our verifier ends a published case: accept, reject or config-error."""
    secret = case.get("secret", base["secret"])
    try:
        key = standard_key(secret)
    except ValueError:
        return "config-error"
    body, timestamp = base["body"].encode(), case.get("timestamp", base["timestamp"])
    valid = base["signature"] if secret == base["secret"] else sign(key, base["id"], timestamp, body)
    listed = " ".join(case.get("signatures", [case.get("signature", valid)])).replace("<valid>", valid)
    headers = {"webhook-id": base["id"], "webhook-timestamp": str(timestamp), "webhook-signature": listed}
    # The door makes all names lower case, as HTTP does.
    headers = {name.lower(): value for name, value in headers.items() if name != case.get("drop")}
    now = datetime.fromtimestamp(base["timestamp"] + case.get("now_offset", 0), UTC)
    try:
        check_standard("standard", headers, body, now, [secret])
    except NotAuthentic:
        return "reject"
    return "accept"


def test_an_asymmetric_signature_is_passed_over_and_proves_nothing():
    """The only published v1a constant: svix/svix-webhooks, server/svix-server/src/worker.rs."""
    secret, headers, body, timestamp = official("python")
    asymmetric = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
    now = datetime.fromtimestamp(timestamp, UTC)
    with pytest.raises(NotAuthentic):
        check_standard("standard", {**headers, "webhook-signature": asymmetric}, body, now, [secret])
    both = {**headers, "webhook-signature": f"{asymmetric} {headers['webhook-signature']}"}
    assert check_standard("standard", both, body, now, [secret]) == headers["webhook-id"]


@pytest.mark.parametrize("secret", [KEY, KEY[:-1], KEY + "Br", "whsec_" + KEY])
def test_official_spellings_of_a_secret_are_taken(secret):
    assert check_standard("standard", headers_for(b"{}", secret=secret), b"{}", NOW, [secret]) == "msg_1"


@pytest.mark.parametrize("secret", ["", "whsec_"])
def test_empty_secret_is_refused(secret):
    with pytest.raises(ValueError, match="0 bytes"):
        standard_key(secret)


@pytest.mark.parametrize(
    "signature",
    ["nocomma", "v1,a  v1,b", "v1,a,b", "v1,=", "v1,\udcff", "v1a,AAAA", ",", "v1", "é,é", " ", "v1," + "A" * 100_000],
)
@pytest.mark.parametrize("body", [b"{}", b"\xff\xfe", b""])
def test_malformed_signature_is_not_authentic_and_nothing_else(signature, body):
    with pytest.raises(NotAuthentic):
        check_standard("standard", {**headers_for(body), "webhook-signature": signature}, body, NOW, [KEY])


@pytest.mark.parametrize(
    "timestamp",
    ["1795435200.7", " 1795435200 ", "1795435200e0", "+1795435200", "-1", "", "١٧٩٥٤٣٥٢٠٠", "9" * 400, "0x6B0", "1_0"],
)
def test_timestamp_is_digits_alone(timestamp):
    headers = headers_for(b"{}") | {"webhook-timestamp": timestamp}
    headers["webhook-signature"] = sign(standard_key(KEY), "msg_1", timestamp, b"{}")
    with pytest.raises(NotAuthentic):
        check_standard("standard", headers, b"{}", NOW, [KEY])


@pytest.mark.parametrize(("seconds", "accepted"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_tolerance_is_five_minutes_both_ways(seconds, accepted):
    now = datetime.fromtimestamp(NOW.timestamp() + seconds, UTC)
    if accepted:
        assert check_standard("standard", headers_for(b"{}"), b"{}", now, [KEY]) == "msg_1"
    else:
        with pytest.raises(NotAuthentic) as refusal:
            check_standard("standard", headers_for(b"{}"), b"{}", now, [KEY])
        assert refusal.value.code == "standard.timestamp_old"


def test_any_of_several_secrets_may_have_signed():
    other = "whsec_" + base64.b64encode(b"o" * 32).decode()
    for secrets in ([KEY, other], [other, KEY]):
        assert check_standard("standard", headers_for(b"{}", secret=other), b"{}", NOW, secrets) == "msg_1"
    with pytest.raises(NotAuthentic):
        check_standard("standard", headers_for(b"{}", secret=other), b"{}", NOW, [KEY])


def test_svix_names_are_accepted_and_never_mixed_with_the_others():
    headers = headers_for(b"{}")
    svix = {name.replace("webhook", "svix"): value for name, value in headers.items()}
    assert check_standard("standard", svix, b"{}", NOW, [KEY]) == "msg_1"
    mixed = {**headers, "svix-signature": headers["webhook-signature"]}
    del mixed["webhook-signature"]
    with pytest.raises(NotAuthentic):
        check_standard("standard", mixed, b"{}", NOW, [KEY])


@given(body=st.binary(max_size=400), identity=st.text("abcXYZ019_-", min_size=1, max_size=40))
def test_what_was_signed_is_accepted_whatever_its_bytes(body, identity):
    headers = headers_for(body, identity=identity)
    assert check_standard("standard", headers, body, NOW, [KEY]) == identity


@settings(max_examples=300)
@given(
    identity=st.text(max_size=30),
    timestamp=st.one_of(st.text(max_size=20), st.just(str(int(NOW.timestamp())))),
    signature=st.one_of(st.text(max_size=80), st.text("v1a, =AZ09+/", max_size=80)),
    body=st.binary(max_size=40),
)
def test_no_header_whatever_makes_anything_but_a_refusal(identity, timestamp, signature, body):
    headers = {"webhook-id": identity, "webhook-timestamp": timestamp, "webhook-signature": signature}
    with pytest.raises(NotAuthentic):
        check_standard("standard", headers, body, NOW, [KEY])


@given(body=st.binary(min_size=1, max_size=60), at=st.integers(0, 59), bit=st.integers(0, 7))
def test_one_changed_bit_is_not_authentic(body, at, bit):
    changed = bytearray(body)
    changed[at % len(body)] ^= 1 << bit
    with pytest.raises(NotAuthentic):
        check_standard("standard", headers_for(body), bytes(changed), NOW, [KEY])


@pytest.mark.parametrize(("size", "fits"), [(15, False), (16, True), (24, True), (64, True), (65, False)])
def test_key_has_its_size_padded_or_not_with_or_without_prefix(size, fits):
    text = base64.b64encode(b"k" * size).decode()
    for written in (text, "whsec_" + text, text.rstrip("=")):
        if fits:
            assert standard_key(written) == b"k" * size
        else:
            with pytest.raises(ValueError, match=f"{size} bytes"):
                standard_key(written)


def test_unusable_secrets_are_findings_that_do_not_print_them():
    secrets = [Secret("GOOD", KEY), Secret("SHORT", base64.b64encode(b"s" * 20).decode()), Secret("BAD", "n:t base64")]
    found = standard_secret_findings("standard", "tools", [*secrets, Secret("ABSENT")])
    assert [each.code for each in found] == [
        "standard.secret_short",
        "standard.secret_invalid",
        "standard.secret_missing",
    ]
    assert "n:t" not in " ".join(each.sentence + each.cure for each in found)


def test_door_refuses_while_no_secret_can_be_used():
    hook = StandardHook("standard", "tools", [Secret("ABSENT_SECRET")])
    with pytest.raises(NotAuthentic, match="ABSENT_SECRET") as refusal:
        hook.authenticate(headers_for(b"{}"), b"{}", NOW)
    assert refusal.value.code == "standard.secret_missing"
    with pytest.raises(NotAuthentic):
        StandardHook("standard", "tools", [Secret("S", "x")]).authenticate(headers_for(b"{}"), b"{}", NOW)


def test_secret_that_is_being_rotated_in_may_be_absent():
    assert revealed("standard", "tools", [Secret("ABSENT_SECRET"), Secret("S", KEY)]) == [KEY]


@pytest.mark.parametrize(
    ("body", "digest"),
    [
        (b"Hello, World!", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
        (b"Hello World!", "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"),
    ],
    ids=["GitHub's own example", "Atlassian's own example"],
)
def test_hexadecimal_signatures_of_github_and_jira_hold(body, digest):
    secret = "It's a Secret to Everybody"
    check_hex("github", f"sha256={digest}", body, ["another", secret])
    for header in (f"sha256={digest[:-1]}0", digest, "", "sha256=", "sha1=" + digest, "sha256=é", "sha256=\udcff"):
        with pytest.raises(NotAuthentic):
            check_hex("github", header, body, [secret])
