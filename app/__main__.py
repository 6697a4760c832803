"""`python -m app` is `casewright`: for processes that are started by the same Python, wherever its scripts lie."""

from app import main

main()
