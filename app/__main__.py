"""`python -m app` is `casewright`, run by this very Python: how `up` starts its children."""

from app import main

main()
