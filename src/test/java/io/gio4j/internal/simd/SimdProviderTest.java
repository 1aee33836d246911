package io.gio4j.internal.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gio4j.testing.JavaProcess;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The choice is made once in a process, so each of these starts one. */
@Tag("slow")
class SimdProviderTest {
  private static final String MODULE = "--add-modules=jdk.incubator.vector";

  private static JavaProcess probe(String... flags) throws IOException, InterruptedException {
    return JavaProcess.run(List.of(flags), SimdProbe.class);
  }

  private static void assertChosen(String names, JavaProcess answer) {
    assertEquals(0, answer.status(), answer.text());
    assertTrue(answer.text().lines().anyMatch(names::equals), answer.text());
  }

  private static void assertRefused(String reason, JavaProcess answer) {
    assertEquals(1, answer.status(), answer.text());
    assertTrue(answer.text().contains(reason), answer.text());
  }

  @Test
  void anUnknownWishIsRefusedWithTheKnownOnes() throws Exception {
    assertRefused(
        "-Dgio4j.simd: is fast; must be auto, scalar or vector",
        probe(MODULE, "-Dgio4j.simd=fast"));
  }

  @Test
  void vectorWithoutTheModuleIsRefusedWithTheCure() throws Exception {
    assertRefused(
        "start Java with --add-modules jdk.incubator.vector", probe("-Dgio4j.simd=vector"));
  }

  @Test
  void autoWithoutTheModuleIsScalar() throws Exception {
    assertChosen("scalar scalar scalar", probe());
  }

  @Test
  void scalarIsScalarAlthoughTheModuleIsThere() throws Exception {
    assertChosen("scalar scalar scalar", probe(MODULE, "-Dgio4j.simd=scalar"));
  }

  @ParameterizedTest
  @CsvSource({
    "auto, 32, vector256 vector256 scalar",
    "vector, 32, vector256 vector256 vector256",
    "auto, 16, vector128 vector128 scalar",
    "vector, 16, vector128 vector128 vector128",
    "auto, 8, scalar scalar scalar"
  })
  void theWidthOfTheRegistersDecides(String wish, int bytes, String names) throws Exception {
    assumeTrue(8 * bytes <= SimdFloatOps.bits(), "registers wider than this processor's");
    assertChosen(names, probe(MODULE, "-Dgio4j.simd=" + wish, "-XX:MaxVectorSize=" + bytes));
  }

  @Test
  void vectorOnNarrowRegistersIsRefused() throws Exception {
    assertRefused(
        "this processor's registers have 64 bits, 128, 256 or 512 are needed; use scalar",
        probe(MODULE, "-Dgio4j.simd=vector", "-XX:MaxVectorSize=8"));
  }
}
