"""The outside world: how one speaks to a service, and how far one may reach. Knows nothing of cases."""
