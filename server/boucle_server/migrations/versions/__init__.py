"""The migrations of the truth tables, in the order in which `boucle_server.schema` runs them."""
