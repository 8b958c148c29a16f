"""Summaries of rows that merge: pyramid, moments, trailing windows, histogram, drawing bins.

Thread safety: none; what an analyzer keeps it guards with its lock, and drawing bins belong to the pump of
the link.
"""
