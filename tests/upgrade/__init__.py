"""What a release leaves for later ones: digests of its migrations, and a small bank that it made, to be upgraded.

`make release` writes both into `released/` (`release.py`); the tests hold every later checkout against them.
"""
