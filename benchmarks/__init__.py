"""Speed, measured: a made data set of any size, a hand-written yardstick, and one command that compares and reports."""
