"""Stands before numpy for all pollers of the benchmark: a peer of another section brings it, Vigie never does.

sqlite-utils loads it wherever it finds it: 15 MB and a tenth of a second that nobody has who runs Vigie.
"""

raise ModuleNotFoundError("hidden from this process", name="numpy")
