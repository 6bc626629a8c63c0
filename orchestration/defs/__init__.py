"""Thin Dagster, one file a stage. No logic here: each asset calls one room and says what it counted."""
