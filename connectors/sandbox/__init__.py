"""Stand-in Jira, GitHub and mailbox over real HTTP and SMTP, for trying things out, tests and benchmarks."""
