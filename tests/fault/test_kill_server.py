"""The served process killed at any moment of a push: nothing receipted is lost, nothing is doubled."""
