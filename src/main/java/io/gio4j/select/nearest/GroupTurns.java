package io.gio4j.select.nearest;

import io.gio4j.select.TargetGroups;

/**
 * Which group of a target has the next turn: the one with the least {@code (turns + 1/2) / share},
 * the first of several.
 *
 * <p>So after any number of turns the groups have them in proportion to their shares, as near as
 * the rule of Webster and Sainte-Lague for seats comes to it, and groups of equal shares take turns
 * in their order.
 */
final class GroupTurns {
  private final double[] shares;
  private final long[] turns;

  /**
   * Starts with no turn taken.
   *
   * @param groups null: all rows are one group
   */
  GroupTurns(TargetGroups groups) {
    shares = groups == null ? new double[] {1} : groups.shares();
    turns = new long[shares.length];
  }

  /** {@return the group of the next turn, which it takes} */
  int next() {
    int next = 0;
    for (int group = 1; group < turns.length; group++) {
      if (quotient(group) < quotient(next)) {
        next = group;
      }
    }
    turns[next]++;
    return next;
  }

  private double quotient(int group) {
    return (turns[group] + 0.5) / shares[group];
  }

  /** {@return how many turns a group has had} */
  long taken(int group) {
    return turns[group];
  }
}
