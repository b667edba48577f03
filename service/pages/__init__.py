"""The governance pages: whether the organisation keeps its promises, read from the ledger, without a script."""

from service.pages.blueprint import pages

__all__ = ["pages"]
