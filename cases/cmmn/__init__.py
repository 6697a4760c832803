"""CMMN 1.1, pure: models are read, commands executed. Doors: `reader.read`, `engine.execute`."""
