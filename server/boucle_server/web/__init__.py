"""The pages for people: HTML made on the server, whole without any script."""
