"""Disclosure control: the only room that decides what may leave. Exact marts in, protected candidates out.

`windows` and `rounding` are the formulas of DISCLOSURE as pure functions; `protect` applies them to all cells at once;
`candidates` writes what could be published, period by period. Nothing here publishes.
"""
