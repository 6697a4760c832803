"""CMMN 1.1, pure: a model is read, a command executed, the journal folded. Doors: `reader.read`, `engine.execute`."""
