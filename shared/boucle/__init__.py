"""Boucle: the domain of return loops, repair and their proof, on the standard library alone."""
