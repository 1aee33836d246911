package io.gio4j.testing;

import io.gio4j.internal.Execution;
import io.gio4j.select.Selection;
import io.gio4j.select.SelectionMethod;
import io.gio4j.select.SelectionRequest;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** Selections with threads and kernels of a test's choice, for tests over several methods. */
public final class Executions {
  private Executions() {}

  /** Calls the overload that each method of selection has for the tests of its own package. */
  public static Selection select(
      SelectionMethod method, SelectionRequest request, Execution execution) {
    try {
      Method overload =
          method.getClass().getDeclaredMethod("select", SelectionRequest.class, Execution.class);
      overload.setAccessible(true);
      return (Selection) overload.invoke(method, request, execution);
    } catch (InvocationTargetException thrown) {
      if (thrown.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(thrown);
    } catch (ReflectiveOperationException impossible) {
      throw new LinkageError(method + " has no overload for tests", impossible);
    }
  }
}
