"""Releases: what is due, written immutably, signed, listed and verified.

`plan` decides from dates and history; `catalogue` holds the KPI catalogue to what was published; `manifest` describes and
signs a folder; `method` prints how figures are made, `money` its part on currencies and prices; `publish` is the only way
out of the house, and calls the gate on the bytes it publishes; `shelf` reads what was published.
"""
