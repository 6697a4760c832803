"""Case management without the web: the pure core (`feel`, `dmn`, `cmmn`, `policy`) and the shell around it."""
