"""What the next gateway is started with: `configure()`, else the environment, else the default."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from gio4j._checks import brief, check_int, one_of
from gio4j._shared.memory import memory_limit
from gio4j.errors import InvalidInputError

# Used where the system does not tell its memory: the JVM's own habit on a 4 GiB machine.
_FALLBACK_HEAP_BYTES = 1 << 30
# From 32 GiB on pointers take twice the room, and no archive of classes fits.
_LARGEST_DEFAULT_HEAP_BYTES = 31 << 30
_SIMD = ("auto", "scalar", "vector")


@dataclass(frozen=True)
class Options:
    """Start options of the engine; None leaves the choice to the environment, then the default.

    java_home : folder of a JDK 25 or newer; default: the first that `gio4j` finds.
    heap : most memory for Java objects, such as "4g"; default a quarter of the memory, at most 31g,
        since matrices lie outside it.
    threads : worker threads; default one per core.
    jvm_flags : further flags for `java`, put last so that they win.
    simd : "auto", "scalar" or "vector"; auto takes the widest the machine has.
    """

    java_home: str | None = None
    heap: str | None = None
    threads: int | None = None
    jvm_flags: tuple[str, ...] | None = None
    simd: str | None = None

    def __post_init__(self) -> None:
        if self.heap is not None and not (
            isinstance(self.heap, str) and re.fullmatch(r"[1-9]\d*[kKmMgGtT]?", self.heap)
        ):
            raise InvalidInputError(
                f"heap={brief(self.heap)}: needs an integer with k, m, g or t, such as '4g'"
            )
        if self.threads is not None:
            check_int(self.threads, "threads", least=1, cure="leave it out for one per core")
        one_of(self.simd, "simd", (*_SIMD, None))

    def resolved(self, environment: Mapping[str, str] = os.environ) -> Options:
        """These options with every gap filled from the environment; heap is then always set."""
        flags = environment.get("GIO4J_JVM_FLAGS")
        from_environment = Options(
            heap=environment.get("GIO4J_HEAP") or default_heap(),
            threads=_positive("GIO4J_THREADS", environment.get("GIO4J_THREADS")),
            jvm_flags=tuple(shlex.split(flags)) if flags else (),
            simd=environment.get("GIO4J_SIMD") or None,
        )
        return Options(
            java_home=self.java_home,
            heap=self.heap or from_environment.heap,
            threads=self.threads or from_environment.threads,
            jvm_flags=from_environment.jvm_flags if self.jvm_flags is None else self.jvm_flags,
            simd=self.simd or from_environment.simd,
        )

    def java_arguments(self) -> list[str]:
        """The flags for `java` that these options stand for."""
        arguments = [f"-Xmx{self.heap}"] if self.heap else []
        if self.threads:
            arguments.append(f"-Dgio4j.threads={self.threads}")
        if self.simd:
            arguments.append(f"-Dgio4j.simd={self.simd}")
        return [*arguments, *(self.jvm_flags or ())]


def default_heap() -> str:
    """A quarter of the memory this process may use, at most 31 GiB, as a `-Xmx` value."""
    limit = memory_limit()
    heap = _FALLBACK_HEAP_BYTES if limit is None else limit // 4
    return f"{max(min(heap, _LARGEST_DEFAULT_HEAP_BYTES) >> 20, 64)}m"


def start_timeout_seconds(environment: Mapping[str, str] = os.environ) -> float:
    """Seconds the engine may take to say READY: GIO4J_START_TIMEOUT, or 30 (0.4 if warm)."""
    text = environment.get("GIO4J_START_TIMEOUT") or "30"
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 86_400:
        raise InvalidInputError(f"GIO4J_START_TIMEOUT={text!r}: needs seconds above 0, such as 30")
    return seconds


def _positive(name: str, text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdigit() or int(text) < 1:
        raise InvalidInputError(f"{name}={text!r}: needs an integer of 1 or more")
    return int(text)
