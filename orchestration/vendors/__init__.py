"""Vendor identity: spellings become canonical vendors, by rules that prefer a missed merge to a wrong one."""
