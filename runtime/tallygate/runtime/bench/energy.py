"""The energy that the processor packages spend, where Linux tells it (RAPL, by the powercap interface)."""

from __future__ import annotations

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


class EnergyMeter:
    """Reads the energy counters of all packages. Most systems let only root read them; then it knows nothing."""

    def __init__(self, root: Path = POWERCAP) -> None:
        self._zones = [zone for zone in sorted(root.glob("intel-rapl:*")) if zone.name.count(":") == 1]
        if self._read_all() is None:
            self._zones = []

    @property
    def available(self) -> bool:
        """Whether the machine tells."""
        return bool(self._zones)

    def read(self) -> list[int]:
        """Microjoules per package; they wrap around."""
        return self._read_all() or []

    def joules_since(self, before: list[int]) -> float | None:
        """Joules of all packages since ``before``, what else ran meanwhile included; ``None`` where unknown."""
        after = self.read()
        if not after or len(after) != len(before):
            return None
        spent = [
            later - earlier if later >= earlier else later - earlier + _number(zone / "max_energy_range_uj")
            for zone, earlier, later in zip(self._zones, before, after, strict=True)
        ]
        return sum(spent) / 1e6

    def _read_all(self) -> list[int] | None:
        try:
            return [_number(zone / "energy_uj") for zone in self._zones]
        except (OSError, ValueError):
            return None


def _number(path: Path) -> int:
    return int(path.read_text(encoding="utf-8"))
