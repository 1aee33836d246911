package io.gio4j.internal;

import static io.gio4j.internal.HeapShare.CENTER_BOUNDS;
import static io.gio4j.internal.HeapShare.CENTRED;
import static io.gio4j.internal.HeapShare.COVERAGE_LISTS;
import static io.gio4j.internal.HeapShare.MATRIX;
import static io.gio4j.internal.HeapShare.NEIGHBOR_LISTS;
import static io.gio4j.internal.HeapShare.RETRIEVED_ROWS;
import static io.gio4j.internal.HeapShare.TARGET;
import static io.gio4j.internal.HeapShare.TRANSPORT_COSTS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table in the class comment of {@link HeapShare}. */
class HeapShareTest {
  /** What a job keeps together; see the callers of each share. */
  static Stream<List<HeapShare>> jobs() {
    return Stream.of(
        List.of(TARGET, TARGET, CENTRED),
        List.of(MATRIX, MATRIX, MATRIX, CENTRED, MATRIX),
        List.of(TARGET, TARGET, MATRIX, COVERAGE_LISTS),
        List.of(TARGET, TARGET, TARGET, MATRIX, NEIGHBOR_LISTS),
        List.of(TARGET, CENTER_BOUNDS),
        List.of(MATRIX, MATRIX, NEIGHBOR_LISTS),
        List.of(MATRIX, MATRIX, MATRIX, NEIGHBOR_LISTS, RETRIEVED_ROWS),
        List.of(MATRIX, MATRIX, CENTRED, TRANSPORT_COSTS));
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void aThirdOfTheHeapIsLeft(List<HeapShare> kept) {
    double all = kept.stream().mapToDouble(HeapShare::share).sum();
    assertTrue(all <= 2 / 3.0 + 1e-9, () -> kept + " take " + all);
  }

  @Test
  void aShareIsOfTheLargestHeap() {
    long heap = Runtime.getRuntime().maxMemory();
    assertEquals(heap / 6, TARGET.bytes());
    assertTrue(TARGET.holds(heap / 6));
    assertFalse(TARGET.holds(heap / 6 + 1));
  }
}
