"""What beats, and what it beats on: `worker.tick` does all that is due now, `beat` calls it all the time."""
