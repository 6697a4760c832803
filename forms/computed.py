"""Values that nobody types: computed fields, prefilled ones, and those that one may see but not edit.

Expressions look upwards only, so the order of the form is the order in which they need each other.
"""

from forms import fieldtypes
from forms.definition import Field
from forms.scope import Scope


def value_of(field: Field, scope: Scope) -> object:
    """The native value that the field's expression gives here, or None."""
    if field.value is None:
        return None
    return fieldtypes.settle(field, scope.value(field.value), scope.zone)


def has_value(field: Field) -> bool:
    """Whether the field brings a value of its own."""
    return field.value is not None
