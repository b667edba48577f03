"""What comes off an item's text, and how each named value is taken."""

import datetime
from dataclasses import dataclass, field

from service.reading import dates, grades, marks, people, states, trackers


@dataclass(slots=True)
class Peeled:
    """The text that remains (marked) and what came off it."""

    text: str
    done: bool | None = None
    owner: str | None = None
    due: datetime.date | None = None
    priority: str | None = None
    kind: str | None = None
    links: list[str] = field(default_factory=list)

    def state(self, done: bool | None) -> None:
        """The first mark that is found wins, the reader's eye begins at the front."""
        self.done = done if self.done is None else self.done

    def give(self, name: str, value: str, anchor: datetime.date | None) -> None:
        """Takes the value of one named field."""
        shown = marks.plain(value)
        if name == "owner":
            self.owner = self.owner or people.owner(value)
        elif name == "due":
            self.due = self.due or dates.due(shown, anchor)
        elif name == "state":
            self.state(states.of_cell(shown))
        elif name == "priority":
            self.priority = self.priority or grades.priority(shown)
        elif name == "kind":
            self.kind = self.kind or grades.kind(shown)
        self.take_links(value)

    def take_links(self, marked: str) -> None:
        """Keeps the issues that the text links to, in order."""
        for url, _ in marks.links(marked):
            if trackers.is_issue(url) and url not in self.links:
                self.links.append(url)
