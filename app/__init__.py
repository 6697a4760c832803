"""The doors: pages, API, messages in, commands. Knows Flask; nothing below imports it."""
