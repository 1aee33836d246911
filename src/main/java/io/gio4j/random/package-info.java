/**
 * Python's random number generator, so that a search can continue with the state of a Python
 * program: {@link io.gio4j.random.PythonRandom}.
 */
package io.gio4j.random;
