"""How much each visitor has computed lately: seconds, of which half is forgotten in a while."""

from typing import Final

HALF_LIFE: Final = 20.0  # seconds
FORGOTTEN: Final = 1e-3  # seconds: so little is nothing
LOOKED_OVER: Final = 1000  # so many names at most are kept between two looks at which can be forgotten


class Spent:
    """Seconds by name, which fade."""

    def __init__(self) -> None:
        self._by: dict[object, tuple[float, float]] = {}  # seconds, and when that was so

    def of(self, name: object, now: float) -> float:
        """What is left of the seconds of this name."""
        seconds, at = self._by.get(name, (0.0, now))
        return seconds * 0.5 ** ((now - at) / HALF_LIFE)

    def add(self, name: object, seconds: float, now: float) -> None:
        """Put seconds on the account of this name."""
        if len(self._by) > LOOKED_OVER:
            self._by = {each: kept for each, kept in self._by.items() if self.of(each, now) > FORGOTTEN}
        self._by[name] = (self.of(name, now) + seconds, now)
