"""Clusters of Dask for tests: in this process, where a worker is a thread, or of real processes."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from distributed import Client, LocalCluster

from tests.wait import wait_until

__all__ = ["SchedulerProcess", "WorkerProcess", "cluster_here", "cluster_of_processes"]

ROOT = Path(__file__).parents[2]
QUIET = "error"
WORKER = """
import asyncio, sys
from distributed import Worker

async def work():
    options = {"nthreads": 1, "host": "127.0.0.1", "dashboard": False, "memory_limit": 0, "death_timeout": 60}
    async with Worker(sys.argv[1], name=sys.argv[2], **options) as worker:
        await worker.finished()

asyncio.run(work())
"""


@contextlib.contextmanager
def cluster_here(n_workers: int = 2) -> Iterator[Client]:
    """Yield a client of workers in this process, each with one thread: quick, and they share its modules."""
    cluster = LocalCluster(
        n_workers=n_workers,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",
        silence_logs=QUIET,
        worker_dashboard_address="127.0.0.1:0",
        memory_limit=0,
    )
    try:
        client = Client(cluster)
        try:
            yield client
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what Dask leaves when it is closed in a hurry
                client.close()
    finally:
        close(cluster)


def close(cluster: LocalCluster) -> None:
    """End a cluster; what it leaves to the collector is no warning of a later test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cluster.close()
        gc.collect()


class WorkerProcess:
    """A worker in a process of its own, without a nanny that would start another when it dies."""

    def __init__(self, address: str, name: str, **environment: str) -> None:
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, address, name],
            env={**os.environ, "PYTHONPATH": path, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """Let it be gone at once, as by a crash."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()


class SchedulerProcess:
    """A scheduler in a process of its own, which can be killed."""

    def __init__(self, folder: Path) -> None:
        told = folder / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        options += ["--scheduler-file", str(told)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_scheduler", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        self.address = wait_until(lambda: _address_in(told), 60, "the scheduler")

    def kill(self) -> None:
        """Let it be gone at once."""
        self.process.kill()
        self.process.wait()


def _address_in(told: Path) -> str | None:
    """Return the address that a scheduler has written down, once it has."""
    try:
        return str(json.loads(told.read_text("utf-8"))["address"])
    except (OSError, ValueError):  # not there yet, or half of it
        return None


@contextlib.contextmanager
def cluster_of_processes(n_workers: int = 2) -> Iterator[tuple[Client, list[WorkerProcess]]]:
    """Yield a client of workers in processes of their own; more may be added to the list."""
    cluster = LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=QUIET,
    )
    workers: list[WorkerProcess] = []
    try:
        client = Client(cluster)
        try:
            address = cluster.scheduler_address
            workers += [WorkerProcess(address, str(i)) for i in range(n_workers)]
            wait_until(lambda: len(client.nthreads()) == n_workers, 40, "workers to come")
            yield client, workers
        finally:
            for worker in workers:
                worker.close()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                client.close()
    finally:
        close(cluster)
