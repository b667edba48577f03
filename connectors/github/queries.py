"""Our GraphQL. Every query is checked against GitHub's published schema in the tests.

What a query may cost: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from collections.abc import Iterable

# `stateReason` says NOT_PLANNED of a duplicate, unless it is asked not to.
_PARTS = """
fragment parts on Issue {
  id number title body state %s createdAt updatedAt
  author { login }
  assignees(first: 1) { nodes { login } }
  labels(first: 50) { nodes { name } }
  comments { totalCount }
  milestone { dueOn }
  repository { nameWithOwner }
  timelineItems(last: 1, itemTypes: [MARKED_AS_DUPLICATE_EVENT, UNMARKED_AS_DUPLICATE_EVENT]) {
    nodes {
      ... on MarkedAsDuplicateEvent {
        duplicate { ... on Issue { id } }
        canonical { ... on Issue { id number repository { nameWithOwner } } }
      }
    }
  }
}
"""
_NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { ...parts } }"
_CHANGED = """
query($owner: String!, $name: String!, $since: DateTime!, $label: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    issues(
      first: 100, after: $after, filterBy: {since: $since, labels: [$label]}
      orderBy: {field: UPDATED_AT, direction: ASC}
    ) {
      pageInfo { hasNextPage endCursor }
      nodes { ...parts }
    }
  }
}
"""
NEWEST = """
query($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    issues(last: 1) { nodes { number } }
    pullRequests(last: 1) { nodes { number } }
  }
}
"""
PARENT = "query($id: ID!) { node(id: $id) { ... on Issue { parent { id } } } }"
ADD_SUB_ISSUE = """
mutation($parent: ID!, $child: ID!) {
  addSubIssue(input: {issueId: $parent, subIssueId: $child, replaceParent: true}) { subIssue { id } }
}
"""


def _parts(*, duplicates: bool) -> str:
    return _PARTS % ("stateReason(enableDuplicate: true)" if duplicates else "stateReason")


def nodes(*, duplicates: bool) -> str:
    return _NODES + _parts(duplicates=duplicates)


def changed(*, duplicates: bool) -> str:
    return _CHANGED + _parts(duplicates=duplicates)


def by_numbers(numbers: Iterable[int], *, duplicates: bool) -> str:
    """Issues by number, each under an alias: reads by key, which no list's lag delays."""
    wanted = " ".join(f"a{each}: issueOrPullRequest(number: {each}) {{ __typename ...parts }}" for each in numbers)
    query = f"query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {wanted} }} }}"
    return query + _parts(duplicates=duplicates)
