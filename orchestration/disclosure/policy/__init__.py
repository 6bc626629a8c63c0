"""What may leave, as pure functions over keys: cells, who is in them, and what was served of them before. No names, no files, no SQL.

`decide` is the policy of DISCLOSURE: primary rules, implied differences with complementary hiding, and the rule between editions.
Every rule can be switched off, so that a test can show what it is there for.
"""
