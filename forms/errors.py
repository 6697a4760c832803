"""The two ways a form goes wrong: the definition is bad, or the answers are."""

from collections.abc import Mapping, Sequence


class FormError(Exception):
    """Root of what `forms` raises on purpose."""


class InvalidForm(FormError):
    """A form definition has faults; `problems` lists every one, each beginning with the place where it is."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class InvalidAnswers(FormError):
    """Answers that cannot be accepted; `errors`: field (in rows `key-0-column`) -> messages."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {key: tuple(messages) for key, messages in errors.items()}
        super().__init__("; ".join(f"{key}: {' '.join(messages)}" for key, messages in self.errors.items()))
