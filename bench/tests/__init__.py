"""Tests of the harness: `python3 -m unittest discover --top-level-directory bench bench/tests`."""
