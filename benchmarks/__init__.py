"""Measures what the house promises of its speed: `python -m benchmarks`, or one by name.

Every bar is a ratio of two things measured in turns within one run, or a time on a system that does nothing else: what
a shared machine does to absolute rates says nothing about the code.
"""
