"""`dataclass` for values that never change, and that every move makes several of.

mypy refuses an assignment to a field where `frozen=True` is said. A frozen dataclass of the standard library
refuses it at run time, too, and for that sets each field through `object.__setattr__` when it is made, which
takes two to five times as long. These are not checked twice.

Source: Tin Tvrtković, "Zero-overhead Frozen Attrs Classes".
"""

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool, **options: Any) -> Any:
        """As `dataclasses.dataclass`."""
        return dataclasses.dataclass(unsafe_hash=frozen, **options)
