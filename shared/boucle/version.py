"""The version of the whole product, the one place where it is written."""

VERSION = "0.1.0"
