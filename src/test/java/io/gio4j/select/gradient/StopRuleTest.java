package io.gio4j.select.gradient;

import static io.gio4j.select.gradient.StopRule.Verdict.ACCEPT;
import static io.gio4j.select.gradient.StopRule.Verdict.RESET;
import static io.gio4j.select.gradient.StopRule.Verdict.STOP;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class StopRuleTest {
  private static final int POOL_ROWS = 25;

  private static StopRule rule(StopCriterion criterion, UnaryOperator<StopOptions> options) {
    return new StopRule(options.apply(new StopOptions().withCriterion(criterion)), POOL_ROWS);
  }

  @Test
  void increaseStopsAtARiseButNotAtALevel() {
    StopRule rule = rule(StopCriterion.INCREASE, options -> options);
    assertEquals(ACCEPT, rule.judge(1.9, 2, 0));
    assertEquals(ACCEPT, rule.judge(2, 2, 1));
    assertEquals(STOP, rule.judge(2.1, 2, 2));
    assertTrue(rule.justReset());
  }

  @Test
  void increaseIgnoresNotANumber() {
    StopRule rule = rule(StopCriterion.INCREASE, options -> options);
    assertEquals(ACCEPT, rule.judge(Double.NaN, 2, 0));
  }

  @Test
  void minDifferenceStopsBelowTheLeastDecrease() {
    StopRule rule = rule(StopCriterion.MIN_DIFFERENCE, options -> options.withMinDifference(0.5));
    assertEquals(ACCEPT, rule.judge(1.5, 2, 0));
    assertEquals(STOP, rule.judge(1.75, 2, 1));
  }

  @Test
  void minKlStopsBelowTheBound() {
    StopRule rule = rule(StopCriterion.MIN_KL, options -> options.withMinKl(1));
    assertEquals(ACCEPT, rule.judge(1, 2, 0));
    assertEquals(STOP, rule.judge(0.99, 2, 1));
  }

  @Test
  void dataSizeStopsOneIterationAfterTheShareOfThePool() {
    StopRule rule = rule(StopCriterion.DATA_SIZE, options -> options.withMaxDataSize(0.3));
    // 0.3 of 25 rows is 7.5, cut to 7: iterations 0 to 7 pass, as in the reference.
    assertEquals(ACCEPT, rule.judge(1, 2, 7));
    assertEquals(STOP, rule.judge(1, 2, 8));
  }

  @Test
  void maxResetsNeverFiresWhileResetsAreLeftAsInTheReference() {
    StopRule rule = rule(StopCriterion.MAX_RESETS, options -> options.withResets(1));
    for (int iteration = 0; iteration < 10; iteration++) {
      assertEquals(ACCEPT, rule.judge(3, 2, iteration));
    }
    assertEquals(0, rule.resets());
  }

  @Test
  void maxResetsOfZeroFiresAtARise() {
    StopRule rule = rule(StopCriterion.MAX_RESETS, options -> options.withResets(0));
    assertEquals(ACCEPT, rule.judge(1, 2, 0));
    assertEquals(STOP, rule.judge(3, 2, 1));
  }

  @Test
  void sequentialIncreasesAreNeverCountedUpToALimitAboveZeroAsInTheReference() {
    StopRule rule =
        rule(
            StopCriterion.SEQUENTIAL_INCREASE_TOLERANCE,
            options -> options.withMaxSequentialIncreases(1).withResets(5));
    for (int iteration = 0; iteration < 10; iteration++) {
      assertEquals(ACCEPT, rule.judge(3, 2, iteration));
    }
    assertEquals(0, rule.increases());
  }

  @Test
  void sequentialIncreasesOfZeroFiresAtARise() {
    StopRule rule =
        rule(
            StopCriterion.SEQUENTIAL_INCREASE_TOLERANCE,
            options -> options.withMaxSequentialIncreases(0));
    assertEquals(ACCEPT, rule.judge(1, 2, 0));
    assertEquals(STOP, rule.judge(3, 2, 1));
  }

  @Test
  void resetsAreUsedUpBeforeTheRuleStops() {
    StopRule rule = rule(StopCriterion.INCREASE, options -> options.withResets(2));
    assertEquals(RESET, rule.judge(3, 2, 0));
    assertTrue(rule.justReset());
    assertEquals(RESET, rule.judge(3, 2, 0));
    assertEquals(2, rule.resets());
    assertEquals(STOP, rule.judge(3, 2, 0));
    assertEquals(2, rule.resets());
  }

  @Test
  void increasesCountRisesRightAfterAResetAndStartAgainAfterAFall() {
    StopRule rule = rule(StopCriterion.INCREASE, options -> options.withResets(9));
    rule.judge(3, 2, 0);
    assertEquals(0, rule.increases());
    rule.judge(3, 2, 0);
    rule.judge(3, 2, 0);
    assertEquals(2, rule.increases());
    assertEquals(ACCEPT, rule.judge(1, 2, 0));
    assertEquals(0, rule.increases());
    assertFalse(rule.justReset());
  }
}
