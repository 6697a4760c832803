"""How often a property is tried: few times in `make test`, as often as its profile says in `test-deep`."""

import hypothesis

_USUAL = hypothesis.settings.get_profile("default").max_examples


def examples(few: int) -> int:
    """`few`, unless a profile asks for more than is usual."""
    wanted: int = hypothesis.settings.default.max_examples
    return few if wanted == _USUAL else wanted
