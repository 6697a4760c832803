"""The world of the services, as the worker sees it."""

from tests.integration.cases.services.conftest import database, served, world, world_with

__all__ = ["database", "served", "world", "world_with"]
