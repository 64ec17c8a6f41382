"""Tests of whole journeys, with the commands a person types."""
