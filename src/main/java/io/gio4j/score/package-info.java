/** A number for every row of a pool. Start with {@link io.gio4j.score.TargetScores}. */
package io.gio4j.score;
