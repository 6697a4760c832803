"""The use-cases: each is handed a session, an actor and a time, and never commits."""
