"""The tests of Boucle; `tests` is a package so that no stray package of that name can take its place."""
