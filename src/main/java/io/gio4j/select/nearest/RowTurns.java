package io.gio4j.select.nearest;

import io.gio4j.random.PythonRandom;
import io.gio4j.select.TargetGroups;
import java.util.Arrays;

/** Which target row has the next turn: groups by their shares, and in each its rows in rounds. */
final class RowTurns {
  private final GroupTurns groups;

  /** By group its target rows, in the order of their turns. */
  private final int[][] rows;

  private final RoundRobin.Order order;
  private final PythonRandom random;
  private int groupsInFirstRound;

  /**
   * Starts with no turn taken.
   *
   * @param targets rows of the target
   * @param given null: all rows are one group
   */
  RowTurns(int targets, TargetGroups given, RoundRobin.Order order, long seed) {
    this.groups = new GroupTurns(given);
    this.order = order;
    this.random = PythonRandom.seeded(seed);
    int[] groupOfRow = given == null ? new int[targets] : given.groupOfRow();
    int count = given == null ? 1 : given.shares().length;
    this.rows = new int[count][];
    int[] sizes = new int[count];
    for (int group : groupOfRow) {
      sizes[group]++;
    }
    Arrays.setAll(rows, group -> new int[sizes[group]]);
    Arrays.fill(sizes, 0);
    for (int row = 0; row < targets; row++) {
      int group = groupOfRow[row];
      rows[group][sizes[group]++] = row;
    }
    this.groupsInFirstRound = count;
  }

  /** {@return the target row of the next turn} */
  int next() {
    int group = groups.next();
    int[] members = rows[group];
    long before = groups.taken(group) - 1;
    int place = (int) (before % members.length);
    if (place == 0 && order == RoundRobin.Order.SHUFFLED) {
      random.shuffle(members);
    }
    if (before == members.length - 1) {
      groupsInFirstRound--;
    }
    return members[place];
  }

  /** {@return whether each target row has had a turn} */
  boolean eachHadOne() {
    return groupsInFirstRound == 0;
  }

  /**
   * {@return turns of a target row, at most, in about so many of all}
   *
   * @param all how many
   */
  static long expected(long all, int targets, TargetGroups given) {
    double heaviest = given == null ? 1 : Arrays.stream(given.rowWeights()).max().orElse(1);
    return (long) Math.ceil(heaviest * all / targets);
  }
}
