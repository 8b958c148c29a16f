"""Callbacks for training frameworks; none of these is imported: whoever trains has loaded theirs.

Where the framework is loaded a callback is an instance of its own callback class too, because some ask
for that; the hooks are those that they call (Keras 3, Lightning 2, transformers 4 and 5).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbstream.sources.python.training import TrainingSource

__all__ = ["huggingface_callback", "keras_callback", "lightning_callback"]

KERAS = ("keras.callbacks:Callback", "tensorflow.keras.callbacks:Callback")
LIGHTNING = ("lightning.pytorch.callbacks:Callback", "pytorch_lightning.callbacks:Callback")
HUGGINGFACE = ("transformers:TrainerCallback", "transformers.trainer_callback:TrainerCallback")


def keras_callback(source: TrainingSource, run: str, *, batches: bool) -> Any:
    """Return a callback of Keras: what each batch says, and of an epoch what no batch said."""
    n_steps = n_of_epoch = n_epochs = 0
    said: set[str] = set()

    def on_epoch_begin(self: Any, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        nonlocal n_epochs, n_of_epoch
        n_epochs, n_of_epoch = epoch, 0

    def on_train_batch_end(self: Any, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        nonlocal n_steps, n_of_epoch
        n_steps += 1
        n_of_epoch += 1
        if batches and logs:
            said.update(logs)
            values = dict(logs)
            of_epoch = (getattr(self, "params", None) or {}).get("steps")
            if of_epoch:
                values["epoch"] = n_epochs + n_of_epoch / of_epoch
            source.log(values, step=n_steps, run=run)

    def on_epoch_end(self: Any, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        new = {name: value for name, value in (logs or {}).items() if name not in said}
        source.log({**new, "epoch": epoch + 1}, step=n_steps, run=run)

    return _made(source, KERAS, [on_epoch_begin, on_train_batch_end, on_epoch_end])


def lightning_callback(source: TrainingSource, run: str) -> Any:
    """Return a callback of Lightning: what a module logs, as often as its trainer logs."""
    said: set[str] = set()

    def log(trainer: Any, values: Mapping[str, Any]) -> None:
        if values and getattr(trainer, "is_global_zero", True):
            if not getattr(trainer, "sanity_checking", False):
                source.log(dict(values), step=trainer.global_step, run=run)

    def on_train_batch_end(
        self: Any, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        every = max(1, getattr(trainer, "log_every_n_steps", 1))
        if trainer.global_step % every == 0:
            logged = dict(trainer.logged_metrics)
            said.update(logged)
            of_epoch = getattr(trainer, "num_training_batches", 0)
            log(trainer, logged | epoch(trainer, (batch_idx + 1) / of_epoch if of_epoch else 0.0))

    def of_epoch(self: Any, trainer: Any, pl_module: Any) -> None:
        new = {n: x for n, x in trainer.callback_metrics.items() if n not in said}
        log(trainer, new | epoch(trainer, 1.0) if new else new)

    def epoch(trainer: Any, share: float) -> dict[str, float]:
        number = getattr(trainer, "current_epoch", None)
        return {} if number is None else {"epoch": number + share}

    return _made(
        source,
        LIGHTNING,
        [on_train_batch_end],
        on_train_epoch_end=of_epoch,
        on_validation_end=of_epoch,
    )


def huggingface_callback(source: TrainingSource, run: str) -> Any:
    """Return a callback of transformers: what its trainer logs, by its own step."""

    def on_log(
        self: Any,
        args: Any,
        state: Any,
        control: Any,
        logs: Mapping[str, Any] | None = None,
        **further: Any,
    ) -> None:
        if logs and getattr(state, "is_world_process_zero", True):
            source.log(dict(logs), step=state.global_step, run=run)

    return _made(source, HUGGINGFACE, [on_log])


def _made(
    source: TrainingSource,
    bases: tuple[str, ...],
    hooks: list[Callable[..., Any]],
    **further: Any,
) -> Any:
    """Return a callback with some hooks, an instance of the first class that is loaded."""
    named = {hook.__name__: hook for hook in hooks} | further
    safe = {name: _without_errors(hook, source) for name, hook in named.items()}
    base = next(filter(None, map(_loaded, bases)), None)
    kinds = (base,) if base is not None else (_Silent,)
    return type("NbstreamCallback", kinds, safe)()


def _loaded(name: str) -> type | None:
    module, _, attribute = name.partition(":")
    found = getattr(sys.modules.get(module), attribute, None)
    return found if isinstance(found, type) else None


def _without_errors(hook: Callable[..., Any], source: TrainingSource) -> Callable[..., Any]:
    """Return a hook that never raises into a training; what it would raise is counted."""

    def safe(*args: Any, **kwargs: Any) -> None:
        try:
            hook(*args, **kwargs)
        except Exception as error:
            source.count_fault(error)

    return safe


class _Silent:
    """A callback whose hooks that are not written do nothing, whatever a framework calls."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("on_", "set_")) or name in {"setup", "teardown"}:
            return lambda *args, **kwargs: None
        raise AttributeError(name)
