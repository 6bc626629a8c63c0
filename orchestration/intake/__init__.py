"""Intake: files as sent become kept originals, receipts and accepted rows.

    landing -> arrivals -> reading -> checking -> vault (everything) and lake (accepted rows)

Nothing in this room knows a feed by name except `participants`, the registry that says who may send: a feed is a
contract file. Work on rows is done in bulk by Arrow and DuckDB, never row by row in Python.
"""
