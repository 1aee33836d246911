package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Progress as a job keeps it; the request is never run here. */
@Timeout(60)
class JobTest {
  private final Job job = new Job(null);

  @Test
  void eventsAreReportedFromTheOnesSeenOn() {
    job.started(12.5);
    job.iteration(0, 11.5);
    job.reset(0);
    assertEquals(
        List.of(
            List.of("start", -1, 12.5),
            List.of("iteration", 0, 11.5),
            Arrays.asList("reset", 0, null)),
        job.status(0).events());
    assertEquals(List.of(Arrays.asList("reset", 0, null)), job.status(2).events());
    assertEquals(List.of(), job.status(3).events());
    assertEquals(List.of(), job.status(99).events());
    assertEquals(3, job.status(-1).events().size());
    assertEquals(3, job.status(3).eventCount());
    assertEquals(11.5, job.status(3).objective(), "a reset has none of its own");
  }

  @Test
  void stagesCountFromZeroAndNeverBack() {
    assertEquals(0, job.status(0).total());
    assertNull(job.status(0).objective());
    job.stage("neighbours", 9);
    job.advance(5);
    job.advance(3); // Blocks end in any order.
    assertEquals(5, job.status(0).done());
    job.stage("select", 100);
    assertEquals(0, job.status(0).done());
    assertEquals(100, job.status(0).total());
    assertEquals("select", job.status(0).stage());
  }

  @Test
  void aPollWakesAtNewsAndNotBefore() throws InterruptedException {
    job.started(1);
    Object[] events = new Object[1];
    Thread poll = Thread.ofPlatform().start(() -> events[0] = job.poll(60_000, 1).events());
    while (poll.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    job.iteration(0, 0.5);
    poll.join();
    assertEquals(List.of(List.of("iteration", 0, 0.5)), events[0]);
  }

  @Test
  void aPollThatHasNotSeenEverythingDoesNotWait() {
    job.started(1);
    assertEquals(1, job.poll(60_000, 0).eventCount());
  }

  @Test
  void checkThrowsOnceCancelledOrReleased() {
    job.check();
    job.cancel();
    assertThrows(CancellationException.class, job::check);
    Job other = new Job(null);
    other.release();
    assertThrows(CancellationException.class, other::check);
  }
}
