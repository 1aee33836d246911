package io.gio4j.select;

import java.util.Arrays;
import java.util.Objects;

/**
 * A target whose rows fall into groups, each of which counts by a share of its own, whatever its
 * number of rows.
 *
 * <pre>{@code
 * // Two rows of group 0 and one of group 1, which counts three times as much.
 * TargetGroups groups = new TargetGroups(new int[] {0, 0, 1}, new double[] {1, 3});
 * Selection found = new Balanced().select(request.withGroups(groups));
 * }</pre>
 *
 * <p>A method whose objective is a mean over target rows takes the mean in which a row of group g
 * has the weight {@code share_g / n_g}, where the group has n_g rows: as if the rows of each group
 * were repeated until the groups have their shares. {@code round_robin} gives turns to groups by
 * their shares. Methods for which groups mean nothing refuse them.
 *
 * @param groupOfRow by target row the number of its group, from 0; each group has a row
 * @param shares by group a number above 0; only their ratios count
 */
public record TargetGroups(int[] groupOfRow, double[] shares) {
  /**
   * Checks groups and shares, and divides these by their sum.
   *
   * @throws IllegalArgumentException if a row is of no group, a group has no row, or a share is not
   *     above 0
   */
  public TargetGroups {
    groupOfRow = groupOfRow.clone();
    shares = shares.clone();
    int[] rows = new int[shares.length];
    for (int row = 0; row < groupOfRow.length; row++) {
      int group = groupOfRow[row];
      if (group < 0 || group >= shares.length) {
        throw new IllegalArgumentException(
            "groups: row %d is in group %d; there are %d shares, so groups 0 to %d"
                .formatted(row, group, shares.length, shares.length - 1));
      }
      rows[group]++;
    }
    double sum = 0;
    for (int group = 0; group < shares.length; group++) {
      if (!(shares[group] > 0 && Double.isFinite(shares[group]))) {
        throw new IllegalArgumentException(
            "target_shares: that of group %d is %s; must be a finite number above 0"
                .formatted(group, shares[group]));
      }
      if (rows[group] == 0) {
        throw new IllegalArgumentException(
            "groups: no row is in group %d, which has a share".formatted(group));
      }
      sum += shares[group];
    }
    double total = sum;
    shares = Arrays.stream(shares).map(share -> share / total).toArray();
    if (!Double.isFinite(sum) || Arrays.stream(shares).anyMatch(share -> share == 0)) {
      throw new IllegalArgumentException(
          "target_shares: their sum is %s, too far from the smallest or largest of them; pass"
                  .formatted(sum)
              + " shares that add up to 1");
    }
  }

  /** {@return a copy of the number of the group of each target row} */
  @Override
  public int[] groupOfRow() {
    return groupOfRow.clone();
  }

  /** {@return a copy of the shares, which add up to 1} */
  @Override
  public double[] shares() {
    return shares.clone();
  }

  /** {@return whether each group counts as much as any other} */
  public boolean haveEqualShares() {
    return Arrays.stream(shares).allMatch(share -> share == shares[0]);
  }

  /** {@return how many target rows there are} */
  public int rows() {
    return groupOfRow.length;
  }

  /**
   * {@return the weight of each target row in a mean, times the number of rows} They add up to that
   * number, and are all 1 where each group has the share of its rows.
   */
  public double[] rowWeights() {
    int[] rows = new int[shares.length];
    for (int group : groupOfRow) {
      rows[group]++;
    }
    double[] weights = new double[groupOfRow.length];
    Arrays.setAll(
        weights, row -> shares[groupOfRow[row]] * groupOfRow.length / rows[groupOfRow[row]]);
    return weights;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TargetGroups groups
        && Arrays.equals(groupOfRow, groups.groupOfRow)
        && Arrays.equals(shares, groups.shares);
  }

  @Override
  public int hashCode() {
    return Objects.hash(Arrays.hashCode(groupOfRow), Arrays.hashCode(shares));
  }
}
