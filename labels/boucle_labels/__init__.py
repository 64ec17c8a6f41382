"""Labels of Boucle: reading them from a picture, laying them out, printing them, checking what was printed.

`boucle_labels.reading` is all that a phone installs; everything else needs the extra `print`.
"""
