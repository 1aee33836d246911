package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every public method of the entry point can be called by its name, and nothing else. */
class EntryPointCallsTest {
  private final GatewayEntryPoint engine = new GatewayEntryPoint();

  private String call(String method, String... arguments) {
    return EntryPointCalls.call(engine, method, List.of(arguments));
  }

  static Stream<Method> publicMethods() {
    return Arrays.stream(GatewayEntryPoint.class.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()));
  }

  @ParameterizedTest
  @MethodSource("publicMethods")
  void everyMethodIsCalledWithItsArguments(Method method) throws Exception {
    Object[] values =
        Arrays.stream(method.getParameterTypes())
            .map(type ->
                type == String.class ? "a\\n" : type == int.class ? (Object) 7 : (Object) 7L)
            .toArray();
    String[] sent =
        Arrays.stream(values)
            .map(value ->
                switch (value) {
                  case String _ -> "sa\\\\n";
                  case Integer _ -> "i7";
                  default -> "L7";
                })
            .toArray(String[]::new);
    String expected = (String) method.invoke(engine, values);
    assertEquals(withoutMemory(expected), withoutMemory(call(method.getName(), sent)));
    String message = EntryPointCalls.refusal("x").getMessage();
    assertTrue(message.contains(method.getName() + "("), message);
  }

  private static String withoutMemory(String reply) {
    return reply.replaceAll("\"heap_used_bytes\":\\d+", "");
  }

  @Test
  void smallNumbersAreLongsToo() {
    assertTrue(call("collect", "sa", "s/nowhere", "i7").contains("UNKNOWN_JOB"));
  }

  @ParameterizedTest
  @CsvSource({
    "getClass, ''",
    "toString, ''",
    "ready, i1",
    "error, s",
    "info, sa",
    "shutdown, sa",
    "cancel, ''",
    "cancel, i1",
    "cancel, n",
    "cancel, ro0",
    "cancel, fp0;java.lang.Runnable",
    "cancel, jAAAA",
    "poll, sa|i1|i99999999999",
    "poll, sa|i1|L1",
    "poll, sa|i1|ix",
    "poll, sa|i1|",
    "collect, sa|sb|d1"
  })
  void anythingElseIsRefused(String method, String arguments) {
    String[] sent = arguments.isEmpty() ? new String[0] : arguments.split("\\|", -1);
    String message =
        assertThrows(IllegalArgumentException.class, () -> call(method, sent)).getMessage();
    assertTrue(message.startsWith(method + " with "), message);
    assertTrue(message.contains("only the entry point's methods can"), message);
  }

  @Test
  void theRefusalOfALongNameIsShort() {
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> call("x".repeat(100_000)))
                .getMessage()
                .length()
            < 500);
  }
}
