"""One folder that one deploys: what it holds, how it is read, checked, written. Pure, but for `archive`."""
