"""The server of Boucle: the one door events come in by, and everything that is read from them."""
