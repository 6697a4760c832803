"""Tables, one module a subject, and the one case as bytes. Services, queries and the catalogue come here.

`TABLES` names every module that declares one: importing this package makes `Base.metadata` whole.
"""

from cases.persistence import (
    batches,
    clocks,
    connections,
    definitions,
    governance,
    instances,
    jobs,
    journal,
    limits,
    messages,
    notifications,
    outbox,
    people,
    search,
    signin,
    tasks,
)

TABLES = (
    batches,
    clocks,
    connections,
    definitions,
    governance,
    instances,
    jobs,
    journal,
    limits,
    messages,
    notifications,
    outbox,
    people,
    search,
    signin,
    tasks,
)
