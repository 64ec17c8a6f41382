"""One scan a request, from one device and from eight, beside a bare route that makes one durable commit."""
