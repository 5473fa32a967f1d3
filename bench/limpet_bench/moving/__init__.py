"""The questions of the part `moving`."""
