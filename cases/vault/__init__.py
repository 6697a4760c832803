"""What must never be seen: keys, secrets, passwords, tokens. Opened by services alone."""
