r"""What a credential looks like, by kind. Each rule costs linear time whatever the text is.

That holds because a rule either begins where its own characters cannot have preceded (a lookbehind over the class that
it then reads), or reads a bounded number of characters from each place at which it can begin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector


@dataclass(frozen=True, slots=True)
class Rule:
    """`hints`: the pattern is not tried unless the lower-cased text contains one of them; empty means always.

    Where the pattern has a group `secret`, only that is taken out.
    """

    kind: str
    pattern: re.Pattern[str]
    hints: tuple[str, ...] = ()


def _own(kind: str, pattern: str, *hints: str, flags: re.RegexFlag = re.NOFLAG) -> Rule:
    return Rule(kind, re.compile(pattern, flags), hints)


# Left out of the library's plug-ins: those that take time quadratic in hostile text (JWT, OpenAI, npm), those that
# catch ordinary words (Artifactory, IP addresses, entropy), and those that the assignments below cover.
LIBRARY = (
    Rule("aws key", AWSKeyDetector.denylist[0], ("akia", "asia", "abia", "acca", "a3t")),
    Rule("azure key", AzureStorageKeyDetector.denylist[0], ("accountkey=",)),
    Rule("discord token", DiscordBotTokenDetector.denylist[0]),
    Rule("github token", GitHubTokenDetector.denylist[0], ("gh",)),
    *(Rule("gitlab token", pattern, ("gl", "gr1348941")) for pattern in GitLabTokenDetector.denylist),
    Rule("mailchimp key", MailchimpDetector.denylist[0], ("-us",)),
    Rule("sendgrid key", SendGridDetector.denylist[0], ("sg.",)),
    *(Rule("slack token", pattern, ("xox", "hooks.slack")) for pattern in SlackDetector.denylist),
    Rule("square secret", SquareOAuthDetector.denylist[0], ("sq0csp-",)),
    Rule("stripe key", StripeDetector.denylist[0], ("k_live_",)),
    Rule("telegram token", TelegramBotTokenDetector.denylist[0], (":",)),
    *(Rule("twilio key", pattern, ("ac", "sk")) for pattern in TwilioKeyDetector.denylist),
)

TOKENS = (
    _own("atlassian token", r"AT(?:ATT|CTT|STT|BB)[A-Za-z0-9_=.-]{16,}", "atatt", "atctt", "atstt", "atbb"),
    _own("github token", r"(?:github_pat_|gh[opsur]_)[A-Za-z0-9_]{20,}", "github_pat_", "gh"),
    _own(
        "gitlab token",
        r"gl(?:pat|dt|ft|soat|rt|cbt|ptt|oas)-[A-Za-z0-9_-]{16,}(?:\.[a-z0-9]{2}\.[a-z0-9]{1,32})?",
        "gl",
    ),
    _own("slack token", r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{20,}", "xox", "xapp-"),
    _own("slack webhook", r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{10,}", "hooks.slack"),
    # The secret half stands beside its key id, in a table or a CSV of credentials, without a word that names it.
    _own(
        "aws key",
        r"A[KS]IA[0-9A-Z]{16}[^A-Za-z0-9/+\n]{1,20}(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
        "akia",
        "asia",
    ),
    _own(
        "google key",
        r"AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_.-]{20,}",
        "aiza",
        "gocspx",
        "ya29.",
    ),
    _own("stripe key", r"[rs]k_(?:live|test)_[A-Za-z0-9]{10,}", "k_live_", "k_test_"),
    _own("webhook secret", r"whsec_[A-Za-z0-9+/=_-]{16,}", "whsec_"),
    _own("discord webhook", r"discord(?:app)?\.com/api/webhooks/[0-9]{10,}/(?P<secret>[A-Za-z0-9_-]{30,})", "discord"),
    _own(
        "teams webhook",
        r"(?:outlook\.office(?:365)?\.com/webhook|webhook\.office\.com/webhookb2)/[^\s/]{1,200}/IncomingWebhook/"
        r"(?P<secret>[A-Za-z0-9]{16,}(?:/[A-Za-z0-9-]{1,64}){0,2})",
        "incomingwebhook",
    ),
    _own(
        "private key", r"Private-Lines: [0-9]{1,3}(?P<secret>(?:[\s>|]{1,8}[A-Za-z0-9+/=]{16,76}){1,200})", "private-l"
    ),
    # A digit is asked for: without one it may be a slug.
    _own("api key", r"(?<![A-Za-z0-9_-])sk-(?=[A-Za-z_-]{0,256}[0-9])[A-Za-z0-9_-]{20,}", "sk-"),
    _own("npm token", r"npm_[A-Za-z0-9]{30,}", "npm_"),
    _own("pypi token", r"pypi-[A-Za-z0-9_-]{40,}", "pypi-"),
    _own("sendgrid key", r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,}", "sg."),
    _own("vault token", r"(?<![A-Za-z0-9_.-])hv[sbr]\.[A-Za-z0-9_-]{20,}", "hvs.", "hvb.", "hvr."),
    _own("grafana token", r"gl(?:sa|c)_[A-Za-z0-9_=+/]{30,}", "glsa_", "glc_"),
    _own("digitalocean token", r"do[opr]_v1_[a-f0-9]{40,}", "_v1_"),
    _own("shopify token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32,}", "shp"),
    _own("hugging face token", r"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{30,}", "hf_"),
    _own("new relic key", r"NRAK-[A-Z0-9]{20,}", "nrak-"),
    _own(
        "json web token",
        r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]{1,8192}){0,3}",
        "eyj",
    ),
)

# Vendors whose tokens begin with a word of their own: kind, prefix, and what follows it.
_PREFIXES = (
    ("age key", "AGE-SECRET-KEY-1", r"[0-9A-Z]{50,}"),
    ("databricks token", "dapi", r"[0-9a-f]{32}(?:-[0-9])?"),
    ("docker token", "dckr_pat_", r"[A-Za-z0-9_-]{20,}"),
    ("docker token", "dckr_oat_", r"[A-Za-z0-9_-]{20,}"),
    ("doppler token", "dp.pt.", r"[A-Za-z0-9]{40,}"),
    ("doppler token", "dp.st.", r"[A-Za-z0-9_.-]{40,}"),
    ("duffel token", "duffel_live_", r"[A-Za-z0-9_-]{40,}"),
    ("firehydrant token", "fhb-", r"[a-f0-9]{32,}"),
    ("fly token", "FlyV1 ", r"fm[12][ar]?_[A-Za-z0-9+/=_-]{30,}"),
    ("heroku key", "HRKU-", r"[A-Za-z0-9_-]{30,}"),
    ("linear key", "lin_api_", r"[A-Za-z0-9]{30,}"),
    ("mailgun key", "key-", r"[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("notion token", "ntn_", r"[A-Za-z0-9]{40,}"),
    ("notion token", "secret_", r"[A-Za-z0-9]{43}(?![A-Za-z0-9])"),
    ("planetscale token", "pscale_tkn_", r"[A-Za-z0-9_.-]{32,}"),
    ("planetscale token", "pscale_pw_", r"[A-Za-z0-9_.-]{32,}"),
    ("postman key", "PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    ("pulumi token", "pul-", r"[a-f0-9]{40}"),
    ("rootly token", "rootly_", r"[a-f0-9]{40,}"),
    ("rubygems key", "rubygems_", r"[a-f0-9]{40,}"),
    ("sentry token", "sntrys_", r"[A-Za-z0-9+/=_.-]{40,}"),
    ("sentry token", "sntryu_", r"[a-f0-9]{40,}"),
    ("supabase key", "sbp_", r"[a-f0-9]{40}"),
    ("tailscale key", "tskey-", r"[a-z]{3,10}-[A-Za-z0-9]{6,}(?:-[A-Za-z0-9]{10,})?"),
    ("typeform token", "tfp_", r"[A-Za-z0-9_.=-]{40,}"),
)
PREFIXED = (
    *(_own(kind, rf"(?<![A-Za-z0-9]){re.escape(prefix)}{rest}", prefix.lower()) for kind, prefix, rest in _PREFIXES),
    _own("terraform token", r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}", ".atlasv1."),
)

# Only the part between :// and @ goes; the host says which account to rotate.
URLS = (
    _own("url credentials", r"://(?P<secret>[^\s:/@?#<>\"'`]{0,256}:[^\s/?#<>\"'`]{1,512})@(?=[A-Za-z0-9\[])", "://"),
    # Databases are given passwords as they are; whoever writes such an address down seldom encodes them.
    _own(
        "url credentials",
        r"(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|ldaps?|s?ftp)://"
        r"(?P<secret>[^\s:/@?#<>\"'`]{0,256}:[^\s<>\"'`]{1,512})@(?=[A-Za-z0-9\[])",
        "://",
        flags=re.IGNORECASE,
    ),
    _own(
        "signature",
        r"[?&](?:sig|x-amz-signature|x-goog-signature|x-amz-security-token)=(?P<secret>[A-Za-z0-9%+/=_-]{16,})",
        "sig", "x-amz",
        flags=re.IGNORECASE,
    ),
)  # fmt: skip

_HEADER = r"[A-Za-z0-9._~+/=:-]"
HEADERS = (
    _own(
        "authorization",
        r"authorization[\"'`]{0,2}[ \t]{0,8}[:=][ \t]{0,8}[\"'`]?"
        rf"(?:(?:bearer|basic|token|digest|apikey|negotiate)[ \t]{{1,8}})?(?P<secret>{_HEADER}{{8,}})",
        "authorization",
        flags=re.IGNORECASE,
    ),
    _own(
        "authorization",
        r"authorization[\"'`]{0,2}[ \t]{0,8}[:=][ \t]{0,8}[\"'`]?[a-z][a-z0-9_-]{1,31}[ \t]{1,8}"
        rf"(?P<secret>(?={_HEADER}{{0,256}}?[0-9=]){_HEADER}{{8,}})",
        "authorization",
        flags=re.IGNORECASE,
    ),
    _own(
        "authorization",
        rf"(?<![a-z0-9])(?:bearer|basic)[ \t]{{1,8}}(?P<secret>(?={_HEADER}{{0,256}}?[0-9=]){_HEADER}{{16,}})",
        "bearer", "basic",
        flags=re.IGNORECASE,
    ),
    _own(
        "cookie",
        r"(?<![a-z0-9])cookie[\"'`]{0,2}[ \t]{0,8}:[ \t]{0,8}[\"'`]?"
        r"(?P<secret>[a-z0-9_.-]{1,64}=[^\s;\"'`]{8,4096}(?:;[ \t]?[a-z0-9_.-]{1,64}=[^\s;\"'`]{1,4096}){0,20})",
        "cookie",
        flags=re.IGNORECASE,
    ),
)  # fmt: skip

COMMANDS = (
    _own(
        "command password",
        r"(?<![\w-])(?:-u|--user|--proxy-user)[ =]{1,2}[\"']?[^\s:\"']{1,64}:(?P<secret>[^\s\"'\[][^\s\"']{3,255})",
        "curl", "wget",
    ),
    _own(
        "command password",
        r"(?<!\w)(?:mysql|mysqldump|mysqladmin|mariadb|sshpass)(?: [^\s|;]{1,64}){0,8}?"
        r" -p(?P<secret>[^\s|;\[-][^\s|;]{3,255})",
        "mysql", "mariadb", "sshpass",
    ),
)  # fmt: skip

_NAMES = (
    r"(?P<name>passw(?:or)?[dt]|passphrase|pwd|(?<=[a-z0-9]_)pass(?![a-z])|secret|token|credentials?"
    r"|kennwort|contrase[nñ]a|mot de passe|senha|пароль|密码|密碼|パスワード|비밀번호"
    r"|(?:api|access|auth|account|private|signing|encryption|master|shared[ _-]?access)[ _-]?key)"
    r"(?:[_-](?:key|value|b64|base64|[0-9]{1,2})){0,2}"
)
_HINTS = (
    *("pass", "pwd", "secret", "token", "credential", "key"),
    *("kennwort", "contrase", "senha", "пароль", "密码", "密碼", "パスワード", "비밀번호"),
)
# What stands where a credential would be and is none: a reference to it, a blank to fill in, a word for nothing, a
# day by which it changes; in Markdown too, where a backslash stands before some of these.
_NO_VALUE = (
    r"(?!\\?[\[<${%*(]|https?://|x{3,}|\.{3}|[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w-])|(?:none|null|nil|true|false|undefined|changeme|example|env|secrets?|vault"
    r"|os\.environ|process\.env|getenv)(?![a-z0-9]))"
)
_QUOTED = r"(?:\"{n}(?P<dq>[^\"\\\r\n]{4,512})\"|'{n}(?P<sq>[^'\\\r\n]{4,512})')".replace("{n}", _NO_VALUE)
_BARE = r"[^\s\"'`<>|,;&)\]}]"
_TELLING = rf"(?={_BARE}{{0,256}}?[0-9!@#$%^*+/=])"

ASSIGNMENTS = (
    _own(
        "assigned secret",
        rf"{_NAMES}[\"'`]{{0,2}}(?:"
        rf"[ \t]{{0,8}}(?::=|=>|[:=])[ \t]{{0,8}}{_QUOTED}"
        rf"|=(?P<tight>{_NO_VALUE}{_BARE}{{4,}})"
        rf"|[ \t]{{0,8}}(?::=|=>|[:=])[ \t]{{0,8}}`?(?P<loose>{_NO_VALUE}{_TELLING}{_BARE}{{8,}}))",
        *_HINTS,
        flags=re.IGNORECASE,
    ),
    # `password: correcthorse` alone on a line, as in YAML; in a sentence the same words are prose.
    _own(
        "assigned secret",
        r"^[ \t>|*-]{0,16}[a-z0-9_.-]{0,64}passw(?:or)?d:[ \t]{1,8}"
        rf"(?P<secret>{_NO_VALUE}{_BARE}{{6,128}})[ \t]{{0,8}}$",
        "passw",
        flags=re.MULTILINE,
    ),
    # In a sentence, only what mixes letters of both cases with digits: else it is as often a name or a day.
    _own(
        "assigned secret",
        rf"{_NAMES}[\"'`]{{0,2}}[ \t]{{1,8}}(?:is|was|to|->|→)[ \t]{{1,8}}[\"'`]?"
        rf"(?P<said>{_NO_VALUE}(?-i:(?={_BARE}{{0,256}}?[0-9])(?={_BARE}{{0,256}}?[a-z])(?={_BARE}{{0,256}}?[A-Z]))"
        rf"{_BARE}{{8,}})",
        *_HINTS,
        flags=re.IGNORECASE,
    ),
    _own("assigned secret", r"_authToken[ \t]{0,8}=[ \t]{0,8}(?P<secret>[A-Za-z0-9_-]{8,})", "_authtoken"),
)  # fmt: skip

# What a cell of a table holds whole, where the one before it or the head of its column names a credential.
CELL_NAME = re.compile(rf"(?:[\w.-]{{1,40}} ){{0,2}}[\w.-]{{0,40}}?{_NAMES}s?:?", re.IGNORECASE)
CELL_VALUE = re.compile(
    rf"{_NO_VALUE}(?![@#]|[A-Za-z][A-Za-z0-9]*-[0-9]+$|v?[0-9]+(?:[.,-][0-9]+)*[A-Za-z/%]{{0,12}}$)"
    rf"(?=.*[0-9])(?=.*[A-Za-z]){_BARE}{{8,256}}",
    re.IGNORECASE,
)

RULES: tuple[Rule, ...] = (*TOKENS, *PREFIXED, *LIBRARY, *HEADERS, *COMMANDS, *URLS, *ASSIGNMENTS)
# Those that go by a name: they hold where markup stands between the name and what it names.
NAMED: tuple[Rule, ...] = (*HEADERS, *ASSIGNMENTS)
# Those that begin as no word does: they hold where markup was taken away and words may have come together.
MARKED: tuple[Rule, ...] = (*TOKENS, *PREFIXED, *(rule for rule in LIBRARY if rule.hints))
