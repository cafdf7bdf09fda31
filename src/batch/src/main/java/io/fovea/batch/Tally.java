package io.fovea.batch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts of rows, and of what went wrong. Not thread-safe. */
final class Tally {
  private static final int MOST_REASONS = 20;
  private static final int MOST_EXAMPLES = 20;
  private static final int LONGEST = 300; // characters of a reason
  private static final String OTHER = "other";

  /** A picture that could not be read or scored, and why. */
  record Failure(String file, String error) {}

  private long scored;
  private long failed;
  private final Map<String, Long> reasons = new LinkedHashMap<>();
  private final List<Failure> first = new ArrayList<>();

  void score() {
    scored++;
  }

  void fail(String picture, String message) {
    failed++;
    String plain = message.replace(picture + ": ", "");
    String reason = plain.length() > LONGEST ? plain.substring(0, LONGEST) : plain;
    count(reason, 1);
    if (first.size() < MOST_EXAMPLES) {
      first.add(new Failure(picture, reason));
    }
  }

  private void count(String reason, long times) {
    boolean room = reasons.size() < MOST_REASONS || reasons.containsKey(reason);
    reasons.merge(room ? reason : OTHER, times, Long::sum);
  }

  void add(Tally other) {
    scored += other.scored;
    failed += other.failed;
    other.reasons.forEach(this::count);
    other.first.stream().limit(MOST_EXAMPLES - first.size()).forEach(first::add);
  }

  long scored() {
    return scored;
  }

  long failed() {
    return failed;
  }

  long pictures() {
    return scored + failed;
  }

  /** What went wrong: how often each reason, and the first pictures. */
  Map<String, Object> failures() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("count", failed);
    facts.put("reasons", reasons);
    facts.put("first", first);
    return facts;
  }

  Map<String, Object> toJson() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("scored", scored);
    facts.put("failures", failures());
    return facts;
  }

  static Tally of(Map<?, ?> json) {
    Tally tally = new Tally();
    if (!(json.get("failures") instanceof Map<?, ?> failures)) {
      throw new IllegalArgumentException("a part without its failures");
    }
    tally.scored = number(json.get("scored"));
    tally.failed = number(failures.get("count"));
    if (failures.get("reasons") instanceof Map<?, ?> reasons) {
      reasons.forEach((reason, times) -> tally.count(reason.toString(), number(times)));
    }
    if (failures.get("first") instanceof List<?> first) {
      for (Object f : first) {
        Map<?, ?> failure = (Map<?, ?>) f;
        tally.first.add(
            new Failure(String.valueOf(failure.get("file")), String.valueOf(failure.get("error"))));
      }
    }
    return tally;
  }

  private static long number(@Nullable Object json) {
    if (json instanceof Number number) {
      return number.longValue();
    }
    throw new IllegalArgumentException("expected a count, met " + json);
  }
}
