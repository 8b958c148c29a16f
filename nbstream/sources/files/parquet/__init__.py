"""Parquet files of anybody: which column holds the times, and what the others are as channels."""
