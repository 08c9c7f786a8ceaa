"""Verdict pages, summaries and charts from racetrack's records."""
