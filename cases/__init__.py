"""Case management without the web: the pure core (`feel`, `dmn`, `cmmn`, `policy`), the shell around it."""
