"""Starts the candidates, drives requests through each in turn, and compares what they cost."""
