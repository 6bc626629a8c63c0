"""One participant's report, from a release and that participant's own values only (METHOD 9, DISCLOSURE attack 6).

Pictures and words live here. Which cells may be shown was decided before: nothing here reads internal relations.
"""
