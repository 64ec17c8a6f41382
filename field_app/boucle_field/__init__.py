"""The field app: records what is seen, keeps it through anything, sends it when there is a network."""
