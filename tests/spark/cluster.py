"""A Spark of one's own on loopback, for tests and measurements: a standalone master, workers and a Connect server.

Spark comes from PyPI's `pyspark` in an environment of its own (`make spark-test` makes it): the product talks to it through
the thin client, and the two packages must never share an environment. Every port is a free one, every file lies in the given
folder, and whatever was started is stopped again, on failure and on Ctrl-C too.

    python -m tests.spark.cluster --workers 2     keeps one running by hand until Ctrl-C
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
SERVER_ENVIRONMENT = ROOT / ".venv-spark-server"
LOOPBACK = "127.0.0.1"
OLDEST_JAVA = 17
DAEMON_MEMORY = "256m"
FAST_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
START_SECONDS = 90
STOP_SECONDS = 15
CLASSES = {
    "master": "org.apache.spark.deploy.master.Master",
    "worker": "org.apache.spark.deploy.worker.Worker",
    "connect": "org.apache.spark.sql.connect.service.SparkConnectServer",
}


class ClusterError(Exception):
    """Spark cannot be started here; the message says what is missing."""


@dataclass(frozen=True)
class Cluster:
    """A running Spark. `remote`: the URL of its Connect server; `folder`: its tables, logs and spilled rows."""

    remote: str
    folder: Path


@contextmanager
def spark_cluster(
    workers: int = 2, *, worker_memory: str = "1g", driver_memory: str = "1g", partitions: int = 4, short_lived: bool = False
) -> Generator[Cluster]:
    """Start a master, `workers` workers of one core each and a Connect server, and stop them at the end.

    `short_lived`: compile quickly rather than well, which suits many small tables. Measurements leave it out.
    Raises `ClusterError` where Java, the server's environment or a process that comes up is missing.
    """
    home = _spark_home()
    require_java()
    with ExitStack() as stack:
        stack.enter_context(_ended_by_signals())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="evenhand-spark-", ignore_cleanup_errors=True)))
        environment = _environment(home, folder)

        def start(name: str, command: Sequence[str], is_up: Callable[[str], bool], memory: str = DAEMON_MEMORY) -> None:
            own = {**environment, "SPARK_DAEMON_MEMORY": memory}  # Spark takes the Connect server for a daemon too
            stack.enter_context(_process(name, command, own, folder, is_up))

        def daemon(kind: str, *arguments: str) -> list[str]:
            return [str(home / "bin" / "spark-class"), CLASSES[kind], "--host", LOOPBACK, "--webui-port", "0", *arguments]

        port, connect_port = free_port(), free_port()
        master = f"spark://{LOOPBACK}:{port}"
        start("master", daemon("master", "--port", str(port)), lambda log: "I have been elected leader" in log)
        for number in range(1, workers + 1):
            sizes = ("--cores", "1", "--memory", worker_memory)
            start(f"worker-{number}", daemon("worker", *sizes, master), lambda log: "Successfully registered with master" in log)
        options = _options(master, connect_port, folder, worker_memory, partitions, FAST_START if short_lived else "")
        submit = [str(home / "bin" / "spark-submit"), "--class", CLASSES["connect"], *options, "spark-internal"]
        start("connect", submit, lambda log: _is_listening(connect_port), driver_memory)
        yield Cluster(f"sc://{LOOPBACK}:{connect_port}", folder)


def require_java() -> None:
    """Raise `ClusterError` where there is no Java that Spark runs on."""
    java = shutil.which("java")
    home = os.environ.get("JAVA_HOME")
    command = str(Path(home) / "bin" / "java") if home else java
    try:
        said = subprocess.run([command or "java", "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        said = ""
    found = re.search(r'version "(\d+)', said)
    if not found or int(found[1]) < OLDEST_JAVA:
        raise ClusterError(f"Spark needs Java {OLDEST_JAVA} or newer, and there is none: install openjdk-17-jre-headless.")


def server_version() -> str:
    """The version of the Spark that `spark_cluster` starts."""
    return re.findall(r"__version__.*[\"'](.+)[\"']", (_spark_home() / "version.py").read_text("utf-8"))[0]


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


def _spark_home() -> Path:
    found = sorted(SERVER_ENVIRONMENT.glob("lib/python*/site-packages/pyspark"))
    if not found:
        raise ClusterError(f"There is no Spark in {SERVER_ENVIRONMENT.name}: 'make spark-test' installs it.")
    return found[0]


def _environment(home: Path, folder: Path) -> dict[str, str]:
    """Nothing of another Spark on the machine takes part; web pages and services bind to loopback only."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "HADOOP_", "YARN_", "PYSPARK_"))}
    configuration = folder / "conf"
    configuration.mkdir()
    own = {
        "SPARK_HOME": home,
        "SPARK_CONF_DIR": configuration,
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_PUBLIC_DNS": LOOPBACK,
        "SPARK_LOCAL_DIRS": folder / "local",
        "SPARK_WORKER_DIR": folder / "work",
        "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",
    }
    return kept | {name: str(value) for name, value in own.items()}


def _options(master: str, port: int, folder: Path, worker_memory: str, partitions: int, java: str) -> list[str]:
    conf = {
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.executor.memory": worker_memory,
        "spark.driver.extraJavaOptions": java,
        "spark.executor.extraJavaOptions": java,
        "spark.connect.grpc.binding.address": LOOPBACK,
        "spark.connect.grpc.binding.port": port,
        "spark.sql.shuffle.partitions": partitions,
        "spark.default.parallelism": partitions,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": folder / "tables",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.enabled": "false",
    }
    pairs = [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]
    return ["--master", master, *pairs]


@contextmanager
def _process(name: str, command: Sequence[str], environment: dict[str, str], folder: Path, is_up: Callable[[str], bool]) -> Generator[None]:
    """One process with its children, in a group of its own, so that all of them can be stopped together."""
    log = folder / f"{name}.log"
    with log.open("w") as handle:
        process = subprocess.Popen(command, env=environment, stdout=handle, stderr=handle, cwd=folder, start_new_session=True)
    try:
        _wait_until_up(name, process, log, is_up)
        yield
    finally:
        _stop(process)


def _wait_until_up(name: str, process: subprocess.Popen[bytes], log: Path, is_up: Callable[[str], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_up(log.read_text("utf-8", "replace")):
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text("utf-8", "replace").splitlines()
            told = [line for line in lines if "ERROR" in line or "Exception" in line] or lines[-3:]
            raise ClusterError(f"Spark's {name} did not come up: {' | '.join(told[:3])}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for signal_, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        try:
            os.killpg(process.pid, signal_)
            process.wait(seconds)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """Let a SIGTERM unwind the stack like Ctrl-C does, so that it stops what was started."""

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Keep a Spark running on loopback until Ctrl-C.")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--worker-memory", default="1g")
    parser.add_argument("--check-java", action="store_true", help="only say whether there is a Java that Spark runs on")
    options = parser.parse_args(arguments)
    try:
        require_java()
        if options.check_java:
            return 0
        with spark_cluster(options.workers, worker_memory=options.worker_memory) as cluster:
            print(f"EVENHAND_SPARK_REMOTE={cluster.remote}  (logs and tables: {cluster.folder})", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
