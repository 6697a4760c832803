"""A case app tried out: scenario files played on a world of its own, against the real engine and store."""
