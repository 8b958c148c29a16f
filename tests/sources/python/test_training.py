"""What a training loop logs: fast, from any thread, and never an error into the loop."""

from __future__ import annotations

import sys
import threading
import time
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nbstream.sources import SourceState, TrainingSource
from nbstream.sources.python import training as module
from tests.wait import wait_until


@pytest.fixture
def live() -> Iterator[TrainingSource]:
    """A source that nothing was logged to yet."""
    live = TrainingSource()
    yield live
    live.close()


def values(live: TrainingSource, channel: str) -> list[float]:
    """Return the values of a channel."""
    return live.buffer.channel(channel).rows(0).values.tolist()


def test_what_a_loop_logs_is_there_however_it_ends(live: TrainingSource) -> None:
    """The first call starts the source; an interrupted loop leaves all that it logged."""

    def loop() -> None:
        for i in range(100):
            live.log(loss=1 / (i + 1), acc=i, step=i)
            if i == 49:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop()
    assert live.is_running
    wait_until(lambda: live.counters().accepted == 50)
    live.log(loss=0.5)
    live.stop()
    assert values(live, "loss") == [1 / (i + 1) for i in range(50)] + [0.5]
    assert values(live, "step") == list(range(50))
    assert live.buffer.units["step"] == "step"
    assert live.counters()[:5] == (51, 51, 0, 0, 0)


def test_logging_costs_less_than_five_microseconds(live: TrainingSource) -> None:
    """The best of some tries, for a machine that does other things beside."""
    best = 1.0
    for _ in range(20):
        begin = time.perf_counter()
        for i in range(500):
            live.log(loss=0.5, acc=0.25, step=i)
        best = min(best, (time.perf_counter() - begin) / 500)
    assert best < 5e-6


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda live: live.log(5), "TypeError"),
        (lambda live: live.log(loss=object()), "Nothing in"),
        (lambda live: live.log(loss=Exploding()), "RuntimeError: boom"),
        (lambda live: live.log(), "Nothing in"),
    ],
)
def test_what_cannot_be_logged_is_counted_and_told(
    live: TrainingSource, call: Any, said: str
) -> None:
    """The loop never hears of it."""
    call(live)
    live.log(ok=1)
    wait_until(lambda: live.counters().received == 2, message=lambda: str(live.notes))
    assert live.counters().rejected == 1
    assert any(said in note for note in live.notes), live.notes


class Exploding:
    """A value that raises when it is held."""

    def detach(self) -> Any:
        """Raise."""
        message = "boom"
        raise RuntimeError(message)


class Tensor:
    """As torch's: of one element, perhaps with a graph behind it."""

    def __init__(self, value: float, has_graph: bool = True) -> None:
        self.value = value
        self.has_graph = has_graph
        self.shape = ()

    def detach(self) -> Tensor:
        """Return the same memory without the graph."""
        return Tensor(self.value, has_graph=False)

    def clone(self) -> Tensor:
        """Return memory of its own."""
        return Tensor(self.value, self.has_graph)

    def __float__(self) -> float:
        """Return the number."""
        assert not self.has_graph
        return float(self.value)


def test_tensors_arrays_words_and_nested_values_are_taken(live: TrainingSource) -> None:
    """A tensor without its graph; an array that the loop goes on writing to as it was."""
    array = np.array([1.0])
    live.log(loss=Tensor(0.5), lr=np.float32(0.25), mean=array, phase="warm-up", by={"a": 3})
    array[0] = 9.0
    live.log(phase="main", loss=float("nan"))
    wait_until(lambda: live.counters().accepted == 2)
    newest = {name: value for name, (_, value) in live.buffer.latest().items()}
    assert newest == {"loss": 0.5, "lr": 0.25, "mean": 1.0, "phase": "main", "by.a": 3.0}


def test_threads_may_log_at_once(live: TrainingSource) -> None:
    """Nothing is lost, late or out of order."""

    def log(name: str) -> None:
        for i in range(2000):
            live.log({name: i})

    threads = [threading.Thread(target=log, args=(f"t{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: live.counters().received == 8000, 20)
    assert live.counters()[:5] == (8000, 8000, 0, 0, 0)
    assert values(live, "t2") == list(range(2000))


def test_what_waits_is_bounded(live: TrainingSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the source is stopped; what is too much is counted, and the rest goes on at start()."""
    monkeypatch.setattr(module, "MAX_WAITING", 10)
    live.start()
    live.stop()
    for i in range(15):
        live.log(x=i)
    assert live.state is SourceState.STOPPED
    live.start()
    wait_until(lambda: live.counters().received == 15)
    assert live.counters()[:5] == (15, 10, 0, 0, 5)
    live.close()
    live.log(x=1)  # and nothing happens


def test_runs_lie_over_each_other_by_step(live: TrainingSource) -> None:
    """A step that was logged again has its newest values; other metrics of a run need not have it."""
    a, b = live.run("a"), live.run("b.1")
    for i in range(5):
        a.log(loss=i, step=i)
        b.log(loss=-i, acc=i / 10, step=2 * i)
    a.log(loss=99, step=4)
    a.log(other=1)
    wait_until(lambda: live.counters().received == 12)
    frame = live.by_step()
    assert frame.index.tolist() == [0, 1, 2, 3, 4, 6, 8]
    assert frame["a.loss"].dropna().tolist() == [0, 1, 2, 3, 99]
    assert frame["b.1.acc"].dropna().tolist() == [0, 0.1, 0.2, 0.3, 0.4]
    assert list(live.by_step("loss").columns) == ["a.loss", "b.1.loss"]
    assert live.by_step("nothing").empty


def test_one_of_several_processes_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one, unless all are asked for."""
    monkeypatch.setenv("RANK", "1")
    live = TrainingSource()
    live.log(loss=1)
    assert live.state is SourceState.IDLE
    assert "not the first of the processes" in live.notes[0]
    live.close()
    with TrainingSource(every_process=True) as live:
        live.log(loss=1)
        wait_until(lambda: live.counters().accepted == 1)


# ruff: noqa: D102
# Callback classes of frameworks, as they are called; read in the sources of their releases in November 2026.


class KerasCallback:
    """keras 3.15.1, keras/src/callbacks/callback.py: the hooks that fit calls, logs=None in each."""

    def set_params(self, params: Any) -> None: ...
    def set_model(self, model: Any) -> None: ...
    def on_train_begin(self, logs: Any = None) -> None: ...
    def on_train_end(self, logs: Any = None) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None: ...
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None: ...
    def on_test_begin(self, logs: Any = None) -> None: ...
    def on_test_end(self, logs: Any = None) -> None: ...
    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None: ...
    def on_test_batch_end(self, batch: int, logs: Any = None) -> None: ...


class LightningCallback:
    """pytorch-lightning 2.6.6, pytorch_lightning/callbacks/callback.py."""

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None: ...
    def on_train_start(self, trainer: Any, pl_module: Any) -> None: ...
    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None: ...
    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None: ...
    def on_validation_end(self, trainer: Any, pl_module: Any) -> None: ...
    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None: ...


class TrainerCallback:
    """transformers 5.24.0, transformers/trainer_callback.py: called as getattr(callback, event)(…)."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...
    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...
    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...
    def on_push_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None: ...


@pytest.fixture(params=[True, False], ids=["loaded", "not loaded"])
def frameworks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Frameworks that are loaded, or not: then a callback stands on its own."""
    for name, cls in (
        ("keras.callbacks:Callback", KerasCallback),
        ("lightning.pytorch.callbacks:Callback", LightningCallback),
        ("transformers:TrainerCallback", TrainerCallback),
    ):
        path, _, attribute = name.partition(":")
        if request.param:
            stand_in = types.ModuleType(path)
            setattr(stand_in, attribute, cls)
            monkeypatch.setitem(sys.modules, path, stand_in)
        else:
            monkeypatch.delitem(sys.modules, path, raising=False)
    return bool(request.param)


def test_keras_logs_batches_and_epochs(live: TrainingSource, frameworks: bool) -> None:
    """What an epoch says beyond its batches comes at its end."""
    callback = live.keras_callback(run="k")
    assert isinstance(callback, KerasCallback) is frameworks
    callback.set_params({"epochs": 2})
    callback.set_model(object())
    callback.on_train_begin()
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        for batch in range(3):
            callback.on_train_batch_begin(batch)
            callback.on_train_batch_end(batch, logs={"loss": epoch + batch / 10})
        callback.on_test_batch_end(0, logs={"loss": 99})
        callback.on_epoch_end(epoch, logs={"loss": epoch + 0.2, "val_loss": epoch + 0.5})
    callback.on_train_end()
    wait_until(lambda: live.counters().received == 8)
    frame = live.by_step()
    assert frame["k.loss"].tolist() == [0, 0.1, 0.2, 1, 1.1, 1.2]
    assert frame["k.val_loss"].dropna().to_dict() == {3: 0.5, 6: 1.5}
    assert frame["k.epoch"].dropna().to_dict() == {3: 1, 6: 2}


def test_batches_are_parts_of_an_epoch(
    live: TrainingSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a framework says how many batches there are; an epoch that is through is a whole number."""
    monkeypatch.setitem(sys.modules, "keras.callbacks", stand_in := types.ModuleType("keras"))
    stand_in.Callback = KerasCallback  # type: ignore[attr-defined]
    callback = live.keras_callback(run="k")
    callback.params = {"steps": 4}
    callback.on_epoch_begin(2)
    for batch in range(4):
        callback.on_train_batch_end(batch, logs={"loss": batch})
    trainer = types.SimpleNamespace(
        global_step=3, logged_metrics={"loss": 1}, callback_metrics={"val_loss": 2},
        current_epoch=1, num_training_batches=8,
    )  # fmt: skip
    callback = live.lightning_callback(run="l")
    callback.on_train_batch_end(trainer, None, None, None, batch_idx=1)
    callback.on_validation_end(trainer, None)
    wait_until(lambda: live.counters().received == 6)
    assert values(live, "k.epoch") == [2.25, 2.5, 2.75, 3]
    assert values(live, "l.epoch") == [1.25, 2]


def test_keras_may_log_epochs_only(live: TrainingSource, frameworks: bool) -> None:
    """By the number of their last batch."""
    callback = live.keras_callback(batches=False)
    for batch in range(3):
        callback.on_train_batch_end(batch, logs={"loss": 1})
    callback.on_epoch_end(0, logs={"loss": 0.5})
    wait_until(lambda: live.counters().received == 1)
    assert live.by_step()["loss"].to_dict() == {3: 0.5}


def test_lightning_logs_what_its_module_logs(live: TrainingSource, frameworks: bool) -> None:
    """As often as the trainer does; nothing of the check before the training."""
    trainer = types.SimpleNamespace(
        global_step=0, log_every_n_steps=2, logged_metrics={}, callback_metrics={"val_loss": 9},
        is_global_zero=True, sanity_checking=True,
    )  # fmt: skip
    callback = live.lightning_callback()
    assert isinstance(callback, LightningCallback) is frameworks
    callback.setup(trainer, None, stage="fit")
    callback.on_validation_end(trainer, None)
    trainer.sanity_checking = False
    for step in range(1, 5):
        trainer.global_step, trainer.logged_metrics = step, {"loss": Tensor(step)}
        callback.on_train_batch_end(trainer, None, None, None, batch_idx=step)
    trainer.callback_metrics = {"loss": Tensor(4), "val_loss": Tensor(0.5)}
    callback.on_validation_end(trainer, None)
    callback.on_exception(trainer, None, KeyboardInterrupt())
    wait_until(lambda: live.counters().received == 3)
    assert live.by_step()["loss"].dropna().to_dict() == {2: 2, 4: 4}
    assert live.by_step()["val_loss"].dropna().to_dict() == {4: 0.5}


def test_transformers_logs_by_its_own_step(live: TrainingSource, frameworks: bool) -> None:
    """What its trainer logs, which may hold words."""
    callback = live.huggingface_callback()
    assert isinstance(callback, TrainerCallback) is frameworks
    state = types.SimpleNamespace(global_step=500, is_world_process_zero=True)
    callback.on_train_begin(None, state, None)
    callback.on_log(None, state, None, logs={"loss": 2.5, "learning_rate": 1e-5}, model=None)
    state.is_world_process_zero = False
    callback.on_log(None, state, None, logs={"loss": 9})
    wait_until(lambda: live.counters().received == 1)
    assert live.by_step()["loss"].to_dict() == {500: 2.5}


def test_an_error_in_a_callback_never_reaches_the_training(live: TrainingSource) -> None:
    """It is counted."""
    live.huggingface_callback().on_log(None, None, None, logs={"loss": 1})
    assert live.counters().rejected == 1
    assert "AttributeError" in live.notes[0]
