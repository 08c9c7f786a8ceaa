"""Runs over time: a store, change points, and other tools' formats."""
