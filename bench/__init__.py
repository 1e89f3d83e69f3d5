"""How fast mentorsync is, as ratios to programs that do such work, measured in one run: `python -m bench`."""
