"""GPUs of NVIDIA, by the library nvidia-ml-py where it is installed."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Any

__all__ = ["Gpus"]

OF_GPU_SENSOR = 0


class Gpus:
    """Reads what each GPU does.

    Raises
    ------
    ImportError
        If nvidia-ml-py is not installed.
    Exception
        Whatever the library raises if there is no driver.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self) -> None:
        self._nvml: Any = importlib.import_module("pynvml")
        self._nvml.nvmlInit()
        n = self._nvml.nvmlDeviceGetCount()
        self._handles = [self._nvml.nvmlDeviceGetHandleByIndex(i) for i in range(n)]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._handles)

    def read(self) -> dict[str, tuple[float, str]]:
        """Return value and unit by channel; what a GPU does not tell is left out."""
        found: dict[str, tuple[float, str]] = {}
        nvml = self._nvml
        for i, handle in enumerate(self._handles):
            name = "GPU" if len(self._handles) == 1 else f"GPU {i}"
            with suppress(nvml.NVMLError):
                found[name] = float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu), "%"
            with suppress(nvml.NVMLError):
                memory = nvml.nvmlDeviceGetMemoryInfo(handle)
                found[f"{name} memory"] = 100 * memory.used / memory.total, "%"
            with suppress(nvml.NVMLError):
                degrees = nvml.nvmlDeviceGetTemperature(handle, OF_GPU_SENSOR)
                found[f"{name} temperature"] = float(degrees), "°C"
            with suppress(nvml.NVMLError):
                found[f"{name} power"] = nvml.nvmlDeviceGetPowerUsage(handle) / 1000, "W"
        return found

    def close(self) -> None:
        """Let go of the library."""
        with suppress(Exception):
            self._nvml.nvmlShutdown()
