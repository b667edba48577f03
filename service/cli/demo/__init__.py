"""The demo: five postmortems of a shop that does not exist, and a folder of its own in which all of it lives."""
