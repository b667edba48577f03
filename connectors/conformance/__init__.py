"""Test suites that a connector of any vendor must pass. They ship with the contract and import pytest."""
