package io.gio4j.gateway;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The jobs of a gateway by their ids, which clients choose. */
final class Jobs {
  private final Map<String, Job> jobs = new ConcurrentHashMap<>();

  /** The job of this id: a new one, or the one that a repeated submit started before. */
  Job submit(String id, String requestJson) {
    return jobs.computeIfAbsent(
        id,
        fresh -> {
          Job job = new Job(Json.read(requestJson, Request.class));
          job.start(fresh);
          return job;
        });
  }

  Job get(String id) {
    Job job = jobs.get(id);
    if (job == null) {
      throw new GatewayException(
          ErrorCode.UNKNOWN_JOB, "there is no job " + id + "; it was released or never submitted");
    }
    return job;
  }

  /** Stops a job; does nothing if it was removed already. */
  Object stop(String id, Consumer<Job> way) {
    Job job = jobs.get(id);
    if (job == null) {
      return Map.of("state", Job.State.CANCELLED);
    }
    way.accept(job);
    return job.status(0);
  }

  boolean release(String id) {
    Job job = jobs.remove(id);
    if (job != null) {
      job.release();
    }
    return job != null;
  }

  int count() {
    return jobs.size();
  }
}
