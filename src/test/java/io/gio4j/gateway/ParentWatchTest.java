package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of another process is noticed, and only that. */
@Tag("slow")
@Timeout(60)
class ParentWatchTest {
  private final CountDownLatch ended = new CountDownLatch(1);

  /** A process that lives until its input ends. */
  private static Process waiting() throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(java, "-XX:TieredStopAtLevel=1", "--source", "25", "/dev/stdin")
        .start();
  }

  @Test
  void theEndIsNoticed() throws Exception {
    Process process = waiting();
    ParentWatch.start(process.pid(), ended::countDown);
    assertFalse(ended.await(2_500, TimeUnit.MILLISECONDS), "it lives");
    process.destroyForcibly().waitFor();
    assertTrue(ended.await(30, TimeUnit.SECONDS));
  }

  @Test
  void anEndBeforeItIsNoticedAtOnce() throws Exception {
    Process process = waiting();
    process.destroyForcibly().waitFor();
    ParentWatch.start(process.pid(), ended::countDown);
    assertEquals(0, ended.getCount());
  }
}
