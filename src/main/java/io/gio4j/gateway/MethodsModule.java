package io.gio4j.gateway;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.gio4j.select.SelectionMethod;
import java.util.HashMap;
import java.util.Map;
import java.util.ServiceLoader;

/**
 * Reads selection methods directly into their records, by name: {@code {"name": "coverage", "k":
 * null, "eps": 1e-8}} is a {@code Coverage}.
 *
 * <p>A method is found by {@link ServiceLoader}, so one in another jar on the class path is
 * available without registration here. Its name is the simple name of its class in snake case.
 */
final class MethodsModule extends SimpleModule {
  private static final long serialVersionUID = 1L;

  private static final PropertyNamingStrategies.SnakeCaseStrategy SNAKE_CASE =
      new PropertyNamingStrategies.SnakeCaseStrategy();

  /**
   * Finds all methods.
   *
   * @throws IllegalArgumentException if two have the same name, or one is no record
   */
  MethodsModule() {
    Map<String, Class<?>> found = new HashMap<>();
    ServiceLoader.load(SelectionMethod.class, SelectionMethod.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::type)
        .forEach(type -> register(type, found));
  }

  private void register(Class<? extends SelectionMethod> type, Map<String, Class<?>> found) {
    if (!type.isRecord()) {
      throw new IllegalArgumentException(
          type.getName() + ": must be a record, whose components are the method's options");
    }
    String name = SNAKE_CASE.translate(type.getSimpleName());
    Class<?> other = found.put(name, type);
    if (other != null) {
      throw new IllegalArgumentException(
          "%s and %s are both called '%s'; rename one"
              .formatted(other.getName(), type.getName(), name));
    }
    registerSubtypes(new NamedType(type, name));
  }
}
