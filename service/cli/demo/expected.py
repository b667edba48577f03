"""What the demo's postmortems become, written down by hand: which issue stands where, and whom the policy tells."""

from __future__ import annotations

from dataclasses import dataclass

ADOPTED = "Basket page: add a button that loads the basket again"


@dataclass(frozen=True, slots=True)
class Expected:
    """One issue: its title in the tracker, where, and who holds it there."""

    title: str
    tracker: str
    place: str
    assignee: str | None
    adopted: bool = False


ISSUES = (
    Expected("Alert 21 days before any certificate of the payment path expires", "jira", "PAY", "mateo-silva"),
    Expected("Renew the acquirer's client certificate without anybody's help", "jira", "PAY", "mateo-silva"),
    Expected("Refuse a second settlement run for the same day", "jira", "PAY", "dana-okafor"),
    Expected("Report the settlement's progress every minute", "jira", "PAY", "mateo-silva"),
    Expected("Check balances an hour after the settlement as well", "jira", "PAY", "mateo-silva"),
    Expected("Check the customer in one place before the support tool reads anything", "jira", "SEC", "aiko-mori"),
    Expected("Record which customer each look-up in the support tool was about", "jira", "SEC", "mateo-silva"),
    Expected("Offer bank transfer in checkout while cards are down", "github", "acme/checkout-web", "jlind"),
    Expected("Read the basket from the database when the cache has none", "github", "acme/checkout-web", "jlind"),
    Expected(
        "Alert when the share of empty baskets doubles within ten minutes", "github", "acme/checkout-web", "priya-raman"
    ),
    Expected("Rehearse a restart of every cache under a normal day's load", "github", "acme/checkout-web", None),
    Expected(ADOPTED, "github", "acme/checkout-web", "dana-okafor", adopted=True),
    Expected(
        "Turn the status page yellow when three checks fail in a row", "github", "acme/status-page", "priya-raman"
    ),
    Expected("Name a second person on call who writes to customers", "github", "acme/status-page", None),
)

# Nothing else: two actions were done when first seen, one is a case at the acquirer's, which waits for a person.
HELD = "Agree with the acquirer on notice before they change certificates"

# One mail each on the first day. Ruth, the manager, hears of nothing that its owner did not hear of for ten days.
TOLD = (
    "aiko.mori@acme.example",
    "dana.okafor@acme.example",
    "jonas.lind@acme.example",
    "mateo.silva@acme.example",
    "priya.raman@acme.example",
)
