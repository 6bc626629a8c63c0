"""The attacks of DISCLOSURE that every candidate must survive, as pure functions: what an attacker can find out from what is published."""
