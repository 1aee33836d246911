package io.gio4j.select.balanced;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which rows are listed: about as many as are wanted, and of equal ones the first. */
class BestRowsTest {
  private static final int COUNT = 20_000;
  private static final int WANTED = 4096;

  @Test
  void unlikeRowsAreTheBestOnesAndAboutAsManyAsWanted() {
    double[] score = new SplittableRandom(1).doubles(COUNT).toArray();
    IntArrayList listed = listed(row -> score[row]);
    assertEquals(WANTED, listed.size(), WANTED / 20.0);
    double worst = listed.intStream().mapToDouble(row -> score[row]).min().orElseThrow();
    assertEquals(listed.size(), Arrays.stream(score).filter(s -> s >= worst).count());
  }

  /** Without a limit to copies all listed rows were of the best value. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 10, 20, 100})
  void everyDistinctRowHasAPlace(int distinct) {
    IntArrayList listed = listed(row -> row % distinct);
    assertEquals(distinct, listed.intStream().map(row -> row % distinct).distinct().count());
    assertTrue(listed.size() <= WANTED + BatchedGreedy.BATCH, () -> listed.size() + " rows");
  }

  @Test
  void equalRowsAreTheFirstOnes() {
    int[] expected = new int[BatchedGreedy.BATCH];
    Arrays.setAll(expected, i -> 7 + i);
    IntArrayList listed = listed(row -> row < 7 ? Double.NEGATIVE_INFINITY : -0.5);
    assertEquals(IntArrayList.wrap(expected), listed);
  }

  @Test
  void copiesLeaveThePlacesToTheOthers() {
    double[] score = new SplittableRandom(2).doubles(COUNT).toArray();
    IntArrayList listed = listed(row -> row % 2 == 0 ? 0.99 : score[row]);
    assertEquals(WANTED, listed.size(), WANTED / 20.0);
    assertEquals(BatchedGreedy.PANEL, listed.intStream().filter(row -> row % 2 == 0).count());
  }

  @Test
  void rankValueOfTheOthersIsTheBestOneLeftOut() {
    BestRows best = new BestRows(COUNT, WANTED, row -> -row, row -> 0, 1);
    BestRows.Chosen chosen = best.none();
    double next = chosen.choose(0, COUNT);
    IntArrayList listed = best.together(new BestRows.Chosen[] {chosen});
    assertEquals(-listed.size(), next);
  }

  /** In three ranges, as several threads find them. */
  private static IntArrayList listed(IntToDoubleFunction score) {
    BestRows best = new BestRows(COUNT, WANTED, score, row -> 0, 1);
    BestRows.Chosen[] parts = {best.none(), best.none(), best.none()};
    parts[0].choose(0, 100);
    parts[0].choose(100, 8_000);
    parts[1].choose(8_000, 16_000);
    parts[2].choose(16_000, COUNT);
    return best.together(parts);
  }
}
